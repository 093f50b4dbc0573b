namespace Crm.Demo;

/// <summary>A product of the demo shop. <paramref name="Price"/> is in US dollars.</summary>
internal sealed record Product(string Id, string Name, string ChineseName, string Category, string ChineseCategory, decimal Price);

/// <summary>What the demo shop sells: eight categories of household goods, food and leisure.</summary>
internal static class Assortment
{
    /// <summary>All products, the popular ones of each category first.</summary>
    public static IReadOnlyList<Product> All { get; } =
    [
        .. Shelf("KIT", "Kitchen", "厨房",
            ("Enamel kettle", "搪瓷水壶", 39.90m), ("Chef's knife", "主厨刀", 54.00m), ("Cast iron pan", "铸铁锅", 62.50m),
            ("Bamboo steamer", "竹蒸笼", 18.90m), ("Espresso pot", "摩卡壶", 29.00m), ("Mixing bowls", "搅拌碗套装", 24.50m),
            ("Cutting board", "砧板", 21.00m), ("Rice cooker", "电饭煲", 89.00m)),
        .. Shelf("TEA", "Tea & coffee", "茶与咖啡",
            ("Longjing green tea", "龙井茶", 22.00m), ("Earl Grey", "伯爵红茶", 9.80m), ("Pu'er cake", "普洱茶饼", 48.00m),
            ("House espresso, 1 kg", "意式咖啡豆", 19.50m), ("Oolong sampler", "乌龙茶组合", 27.00m), ("Gaiwan", "盖碗", 16.00m),
            ("Pour-over set", "手冲咖啡套装", 34.00m), ("Matcha whisk", "抹茶刷", 14.20m)),
        .. Shelf("HOM", "Home", "家居",
            ("Linen cushion", "亚麻靠垫", 26.00m), ("Wool blanket", "羊毛毯", 79.00m), ("Table lamp", "台灯", 58.00m),
            ("Scented candle", "香薰蜡烛", 17.50m), ("Ceramic vase", "陶瓷花瓶", 33.00m), ("Wall clock", "挂钟", 45.00m),
            ("Storage basket", "收纳篮", 19.90m), ("Doormat", "门垫", 23.00m)),
        .. Shelf("OUT", "Outdoor", "户外",
            ("Day pack, 22 l", "日用背包", 84.00m), ("Steel bottle", "不锈钢水瓶", 28.00m), ("Head torch", "头灯", 36.00m),
            ("Picnic rug", "野餐垫", 31.50m), ("Trekking poles", "登山杖", 69.00m), ("Camp stove", "露营炉", 52.00m),
            ("Hammock", "吊床", 47.00m)),
        .. Shelf("BOO", "Books", "图书",
            ("Cooking with five spices", "五香料理", 24.00m), ("A year in the garden", "花园一年", 19.00m),
            ("Trains of the world", "世界火车", 32.00m), ("Learning to draw", "学习绘画", 16.50m), ("Poems of the Tang", "唐诗选", 14.00m),
            ("Small houses", "小房子", 38.00m), ("The night sky", "夜空", 27.00m)),
        .. Shelf("TOY", "Toys", "玩具",
            ("Wooden blocks", "积木", 29.90m), ("Puzzle, 1,000 pieces", "千片拼图", 18.00m), ("Kite", "风筝", 15.50m),
            ("Marble run", "弹珠轨道", 44.00m), ("Plush panda", "毛绒熊猫", 21.00m), ("Go board", "围棋", 49.00m),
            ("Watercolour set", "水彩套装", 23.50m), ("Microscope", "显微镜", 74.00m)),
        .. Shelf("SPO", "Sport", "运动",
            ("Yoga mat", "瑜伽垫", 35.00m), ("Jump rope", "跳绳", 12.00m), ("Badminton set", "羽毛球套装", 42.00m),
            ("Running belt", "跑步腰包", 19.00m), ("Kettlebell, 8 kg", "壶铃", 39.00m), ("Table tennis bats", "乒乓球拍", 33.00m),
            ("Swim goggles", "泳镜", 17.00m)),
        .. Shelf("CAR", "Care", "护理",
            ("Olive soap", "橄榄皂", 6.50m), ("Hand cream", "护手霜", 11.90m), ("Sun milk, SPF 50", "防晒乳", 18.50m),
            ("Bath salts", "浴盐", 14.00m), ("Bamboo brushes", "竹牙刷", 8.90m), ("Shaving set", "剃须套装", 41.00m),
            ("Lip balm", "润唇膏", 4.80m)),
    ];

    /// <summary>The categories' names in English.</summary>
    public static IReadOnlyList<string> Categories { get; } = [.. All.Select(p => p.Category).Distinct()];

    private static IEnumerable<Product> Shelf(string code, string category, string chinese, params (string Name, string Chinese, decimal Price)[] goods) =>
        goods.Select((one, i) => new Product($"{code}-{i + 1:00}", one.Name, one.Chinese, category, chinese, one.Price));
}
