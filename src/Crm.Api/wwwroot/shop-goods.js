// A part of the demo shop's assortment, with its prices as text: money is never a float. The picture is a path in 64 x 64.
export const goods = [
  ['KIT-01', 'Enamel kettle', '搪瓷水壶', 'Kitchen', '厨房', '39.90', '287.28', 'M18 26h28l4 24a4 4 0 0 1-4 4H18a4 4 0 0 1-4-4zM22 26c0-8 20-8 20 0M32 18v-5M50 34l8-6v8l-7 6'],
  ['TEA-01', 'Longjing green tea', '龙井茶', 'Tea & coffee', '茶与咖啡', '22.00', '158.40', 'M32 54C14 44 14 24 32 10c18 14 18 34 0 44zM32 20v34M32 34l8-8M32 42l-8-8'],
  ['HOM-05', 'Ceramic vase', '陶瓷花瓶', 'Home', '家居', '33.00', '237.60', 'M26 10h12M28 10c0 10-12 14-12 26 0 10 6 18 16 18s16-8 16-18c0-12-12-16-12-26M17 34h30'],
  ['TOY-03', 'Kite', '风筝', 'Toys', '玩具', '15.50', '111.60', 'M32 6l16 20-16 22-16-22zM32 6v42M16 26h32M32 48c5 4-5 6 0 10'],
  ['KIT-03', 'Cast iron pan', '铸铁锅', 'Kitchen', '厨房', '62.50', '450.00', 'M8 28h36v6a14 14 0 0 1-14 14h-8A14 14 0 0 1 8 34zM44 30l14-6'],
  ['HOM-03', 'Table lamp', '台灯', 'Home', '家居', '58.00', '417.60', 'M24 12h16l8 20H16zM32 32v20M22 54h20'],
  ['TEA-06', 'Gaiwan', '盖碗', 'Tea & coffee', '茶与咖啡', '16.00', '115.20', 'M14 30h36c0 12-8 20-18 20s-18-8-18-20zM16 30c2-8 30-8 32 0M28 22v-5h8v5M22 55h20'],
  ['TOY-06', 'Go board', '围棋', 'Toys', '玩具', '49.00', '352.80', 'M12 12h40v40H12zM12 25h40M12 39h40M25 12v40M39 12v40M25 21a4 4 0 1 0 .1 0zM39 35a4 4 0 1 0 .1 0z'],
  ['HOM-02', 'Wool blanket', '羊毛毯', 'Home', '家居', '79.00', '568.80', 'M14 12h36v32H14zM14 20h36M14 36h36M18 44v7M26 44v7M34 44v7M42 44v7'],
  ['OUT-02', 'Steel bottle', '不锈钢水瓶', 'Outdoor', '户外', '28.00', '201.60', 'M27 8h10v8l4 6v28a4 4 0 0 1-4 4H27a4 4 0 0 1-4-4V22l4-6zM27 16h10M23 32h18'],
  ['BOO-05', 'Poems of the Tang', '唐诗选', 'Books', '图书', '14.00', '100.80', 'M32 18c-6-5-14-5-20-4v34c6-1 14-1 20 4 6-5 14-5 20-4V14c-6-1-14-1-20 4zM32 18v34M18 24h8M18 32h8M38 24h8M38 32h8'],
  ['CAR-01', 'Olive soap', '橄榄皂', 'Care', '护理', '6.50', '46.80', 'M14 30c0-6 3-8 8-8h20c5 0 8 2 8 8v10c0 6-3 8-8 8H22c-5 0-8-2-8-8zM24 35h16M45 11a3 3 0 1 0 .1 0zM53 16a2 2 0 1 0 .1 0z'],
].map(([id, en, zh, category, chineseCategory, usd, cny, picture]) => ({
  id, picture, en: { name: en, category, price: usd, currency: 'USD' }, zh: { name: zh, category: chineseCategory, price: cny, currency: 'CNY' },
}));
