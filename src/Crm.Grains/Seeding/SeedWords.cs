namespace Crm.Seeding;

/// <summary>What seeded records are called. The phones are of ranges that nobody has, the domains of those kept for examples.</summary>
internal static class SeedWords
{
    public static readonly string[] Given =
    [
        "Ada", "Ben", "Chiara", "David", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Keiko", "Liam", "Mei", "Noah", "Olga", "Pablo", "Quinn", "Rosa",
        "Samir", "Tove", "Uma", "Viktor", "Wanda", "Xenia", "Yusuf", "Zoe", "Amara", "Bruno", "Clara", "Dmitri", "Esther", "Felix",
    ];

    public static readonly string[] Family =
    [
        "Abel", "Brandt", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Hansen", "Ivanov", "Jensen", "Kowalski", "Larsen", "Moreau", "Novak", "Okafor",
        "Petrov", "Quist", "Rossi", "Schmidt", "Tanaka", "Ueda", "Vargas", "Weber", "Xu", "Yilmaz", "Zimmer", "Almeida", "Bauer", "Conti", "Dahl", "Engel", "Fuchs",
    ];

    public static readonly string[] ChineseFamily = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴"];
    public static readonly string[] ChineseGiven = ["伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "洋", "艳", "秀英", "建国", "晓明", "雨桐"];

    public static readonly string[] CompanyFirst =
    [
        "North", "Blue", "Silver", "Green", "Bright", "Stone", "River", "Cedar", "Summit", "Harbour", "Amber", "Delta", "Nova", "Prime", "Iron", "Clear",
    ];

    public static readonly string[] CompanySecond = ["Works", "Foods", "Systems", "Logistics", "Health", "Energy", "Textiles", "Media", "Tools", "Motors", "Glass", "Paper"];
    public static readonly string[] Industries = ["Software", "Retail", "Logistics", "Health care", "Energy", "Manufacturing", "Media", "Finance"];
    public static readonly string[] Sources = ["web", "referral", "event", "advertising", "partner", "cold call"];
    public static readonly string[] Tags = ["vip", "newsletter", "wholesale", "trial", "press", "partner"];
    public static readonly string[] Products = ["Lamp", "Desk", "Chair", "Shelf", "Carpet", "Mirror", "Clock", "Vase", "Kettle", "Blanket"];
    public static readonly string[] Activities = ["note", "call", "call", "meeting", "message", "message"];

    public static readonly string[] Subjects =
    [
        "Asked for a quote", "Talked about delivery", "Wants a demonstration", "Sent the contract", "Was not in", "Has a question about the invoice", "Renewal",
        "Met at the fair", "Complained about a delay", "Agreed on the price",
    ];

    public static readonly string[] Tasks = ["Call back", "Send the offer", "Prepare the meeting", "Check the payment", "Ask for feedback"];
}
