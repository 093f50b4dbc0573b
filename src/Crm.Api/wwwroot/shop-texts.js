export const texts = {
  en: {
    lang: 'en', title: 'The Demo Shop', motto: 'Good things for every day', all: 'Everything', search: 'Search', cart: 'Cart', add: 'Add to cart', back: 'Back',
    remove: 'Remove', empty: 'Your cart is empty.', total: 'Total', buy: 'Buy', thanks: 'Thank you!', ordered: 'Order {order} is on its way.', none: 'Nothing fits that.',
    signIn: 'Sign in', signOut: 'Sign out', name: 'Name', email: 'E-mail', cancel: 'Cancel', hello: 'Hello, {name}', keep: 'Keep shopping',
    ask: 'May this shop remember what you look at?', askMore: 'Without your consent nothing is sent, and nothing but your choice is stored.',
    yes: 'Yes', some: 'Only for statistics', no: 'No', privacy: 'Privacy choices',
    said: 'What this page told the CRM', quiet: 'Nothing: you have not agreed.', gone: 'This page is not there.', live: 'See it arrive',
  },
  zh: {
    lang: 'zh-CN', title: '演示商店', motto: '每一天的好物', all: '全部', search: '搜索', cart: '购物车', add: '加入购物车', back: '返回',
    remove: '移除', empty: '购物车是空的。', total: '合计', buy: '购买', thanks: '谢谢！', ordered: '订单 {order} 已在路上。', none: '没有找到相关商品。',
    signIn: '登录', signOut: '退出', name: '姓名', email: '邮箱', cancel: '取消', hello: '你好，{name}', keep: '继续购物',
    ask: '本店可以记录你浏览的内容吗？', askMore: '未经你同意，不会发送任何信息，也只保存你的选择。',
    yes: '可以', some: '仅用于统计', no: '不可以', privacy: '隐私选择',
    said: '本页告诉 CRM 的内容', quiet: '没有：你尚未同意。', gone: '这个页面不存在。', live: '查看实时页面',
  },
};
