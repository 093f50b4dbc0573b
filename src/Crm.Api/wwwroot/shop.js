// The demo shop: one page that walks through its own addresses, as shops do, and tells the CRM by crm.js what happens.
import { load } from '/crm.js';
import { goods } from '/shop-goods.js';
import { texts } from '/shop-texts.js';

const language = navigator.languages.map(it => it.slice(0, 2)).find(it => it in texts) ?? 'en';
const text = texts[language];
const shown = 12;
const byId = id => document.getElementById(id);
const crm = tell(load(document.querySelector('meta[name=crm-key]').content, { needs: ['analytics'] }));
const money = new Intl.NumberFormat(text.lang, { style: 'currency', currency: goods[0][language].currency });
let cart = kept('shop.cart') ?? [];

// Money in the smallest unit, as whole numbers: exact.
const minor = price => Math.round(Number(price) * 100);
const major = units => (units / 100).toFixed(2);
const sum = () => cart.reduce((all, line) => all + minor(find(line.id)[language].price) * line.quantity, 0);
const show = price => money.format(price);
const find = id => goods.find(it => it.id === id);
const say = (key, value) => text[key].replace(/\{\w+\}/, () => value);

function kept(name) {
  try { return JSON.parse(localStorage.getItem(name)); } catch { return null; }
}

function keep(name, value) {
  try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* The cart lasts as long as the page. */ }
}

/** The tracker, with what is said to it also written on the page. */
function tell(tracker) {
  return new Proxy(tracker, {
    get: (target, call) => (...values) => {
      const answer = target[call](...values);
      if (values.length && call !== 'consent' && target.consent().analytics === true) note(`${call}(${JSON.stringify(values).slice(1, -1)})`);
      return answer;
    },
  });
}

function note(words) {
  byId('said').append(element('li', '', words.length > 160 ? words.slice(0, 160) + '…' : words));
  while (byId('said').childElementCount > shown) byId('said').firstElementChild.remove();
}

function element(name, className, content, attributes = {}) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...[content ?? []].flat());
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  return made;
}

function picture(product) {
  const box = element('div', 'picture');
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 64 64');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', product.picture);
  svg.append(path);
  box.append(svg);
  return box;
}

const button = (label, action, className = 'main') => {
  const made = element('button', className, label, { type: 'button' });
  made.addEventListener('click', action);
  return made;
};

/** A product as the protocol names its fields. */
const fields = (product, quantity) => ({
  product_id: product.id, sku: product.id, name: product[language].name, category: product[language].category, price: product[language].price,
  currency: product[language].currency, ...quantity && { quantity },
});

const order = () => ({
  value: major(sum()), revenue: major(sum()), total: major(sum()), currency: goods[0][language].currency,
  products: cart.map(line => fields(find(line.id), line.quantity)),
});

function change(product, by) {
  const line = cart.find(it => it.id === product.id) ?? (cart.push({ id: product.id, quantity: 0 }), cart.at(-1));
  if (by > 0) crm.productAdded(fields(product, by));
  else crm.productRemoved(fields(product, -by));
  line.quantity += by;
  cart = cart.filter(it => it.quantity > 0);
  keepCart();
}

function keepCart() {
  keep('shop.cart', cart);
  byId('cart-count').textContent = cart.reduce((all, line) => all + line.quantity, 0);
}

function shelf(chosen, query) {
  const categories = [...new Set(goods.map(it => it.en.category))];
  const nav = element('nav', 'shelf', [link('/shop', text.all, !chosen && !query), ...categories.map(category =>
    link(`/shop/c/${encodeURIComponent(category)}`, goods.find(it => it.en.category === category)[language].category, category === chosen))]);
  const wanted = goods.filter(it => (!chosen || it.en.category === chosen) && (!query || `${it.en.name} ${it.zh.name}`.toLowerCase().includes(query.toLowerCase())));
  const list = element('ul', 'goods', wanted.map(it => element('li', '', element('a', '',
    [picture(it), element('b', '', it[language].name), element('p', 'soft', it[language].category), element('p', '', show(it[language].price))], { href: `/shop/p/${it.id}` }))));
  return [element('h1', '', query ?? wanted[0]?.[language].category ?? text.gone), nav, wanted.length ? list : element('p', '', text.none)];
}

function link(href, label, current) {
  return element('a', '', label, { href, ...current && { 'aria-current': 'page' } });
}

function productPage(product) {
  return [element('div', 'product', [picture(product), element('div', '', [
    element('p', 'soft', product[language].category), element('h1', '', product[language].name),
    element('p', 'price', show(product[language].price)), button(text.add, () => change(product, 1)),
  ])])];
}

function cartPage() {
  if (!cart.length) return [element('h1', '', text.cart), element('p', '', text.empty)];
  const rows = cart.map(line => {
    const product = find(line.id);
    const removing = button(text.remove, () => { change(product, -line.quantity); draw(); }, 'plain');
    return element('tr', '', [product[language].name, `${line.quantity} ×`, show(product[language].price), removing].map(cell => element('td', '', cell)));
  });
  const total = element('p', 'price', `${text.total}: ${show(major(sum()))}`);
  return [element('h1', '', text.cart), element('table', 'lines', element('tbody', '', rows)), total, button(text.buy, buy)];
}

function buy() {
  const id = `S-${Date.now().toString(36).toUpperCase()}`;
  crm.orderCompleted({ order_id: id, ...order() });
  cart = [];
  keepCart();
  go(`/shop/thanks/${id}`);
}

const thanksPage = id => [element('h1', '', text.thanks), element('p', '', say('ordered', id)), element('p', '', link('/shop', text.keep))];

function decoded(path) {
  try { return decodeURIComponent(path); } catch { return path; }
}

/** What stands at an address: [title, elements, what to tell]. */
function place(path) {
  const [, , kind, value = ''] = decoded(path).split('/');
  if (!kind) return [text.title, [element('h1', '', text.motto), ...shelf().slice(1)], () => crm.productListViewed({ list_id: 'all' })];
  if (kind === 'c') return [value, shelf(value), () => crm.productListViewed({ category: goods.find(it => it.en.category === value)?.[language].category })];
  if (kind === 's') return [value, shelf(null, value), () => crm.productsSearched({ query: value })];
  if (kind === 'p' && find(value)) return [find(value)[language].name, productPage(find(value)), () => crm.productViewed(fields(find(value)))];
  if (kind === 'cart') return [text.cart, cartPage(), () => crm.cartViewed(order())];
  if (kind === 'thanks') return [text.thanks, thanksPage(value), () => {}];
  return [text.gone, [element('h1', '', text.gone)], () => {}];
}

function draw() {
  const [title, elements, telling] = place(location.pathname);
  document.title = title;
  byId('main').replaceChildren(...elements);
  return telling;
}

function go(path) {
  history.pushState(null, '', path);
  arrive();
  byId('main').focus();
  scrollTo(0, 0);
}

function arrive() {
  draw()();
}

function account() {
  const who = kept('shop.who');
  byId('account').textContent = who ? `${say('hello', who.name)} · ${text.signOut}` : text.signIn;
}

function signIn() {
  const form = new FormData(byId('sign-in').querySelector('form'));
  const [name, email] = [form.get('name').trim(), form.get('email').trim().toLowerCase()];
  if (byId('sign-in').returnValue !== 'ok' || !name || !email) return;
  keep('shop.who', { name });
  crm.identify(`shop-${email}`, { name, email });
  account();
}

function signOut() {
  keep('shop.who', null);
  crm.reset();
  account();
}

function consented() {
  byId('quiet').hidden = crm.consent().analytics === true;
  byId('consent').hidden = 'analytics' in crm.consent();
}

document.documentElement.lang = text.lang;
for (const it of document.querySelectorAll('[data-text]')) it.textContent = text[it.dataset.text];
for (const it of document.querySelectorAll('[data-label]')) it.setAttribute('aria-label', text[it.dataset.label]);
for (const it of document.querySelectorAll('[data-hint]')) it.placeholder = text[it.dataset.hint];
document.addEventListener('click', event => {
  const to = event.target.closest('a');
  if (!to || event.ctrlKey || event.metaKey || event.shiftKey || event.button || !to.pathname.startsWith('/shop')) return;
  event.preventDefault();
  go(to.pathname);
});
byId('search').addEventListener('submit', event => {
  event.preventDefault();
  const query = new FormData(event.target).get('query').trim();
  if (query) go(`/shop/s/${encodeURIComponent(query)}`);
});
byId('account').addEventListener('click', () => kept('shop.who') ? signOut() : byId('sign-in').showModal());
byId('sign-in').addEventListener('close', signIn);
byId('privacy').addEventListener('click', () => { byId('consent').hidden = false; });
byId('consent').addEventListener('click', event => {
  const chosen = event.target.dataset.consent;
  if (!chosen) return;
  crm.consent({ analytics: chosen !== 'no', advertising: chosen === 'yes' });
  consented();
});
addEventListener('popstate', arrive);
keepCart();
account();
consented();
arrive();
