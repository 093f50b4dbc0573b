// A full sales cycle, by what /openapi.json says alone: node cycle.mjs < {"url": "...", "tag": "..."}
// The document must be valid OpenAPI 3.1. Ends with 0, and says what it made and which operations it called.
import { text } from 'node:stream/consumers';
import { strict as assert } from 'node:assert';
import { Validator } from '@seriousme/openapi-schema-validator';
import { DescribedClient, fail } from './described.mjs';

const { url, tag } = JSON.parse(await text(process.stdin));
const document = await (await fetch(url + '/openapi.json')).json();
const validator = new Validator();
const { valid, errors } = await validator.validate(structuredClone(document));
if (!valid) fail(`The document is no OpenAPI: ${JSON.stringify(errors)}`);
assert.equal(validator.version, '3.1');
const crm = new DescribedClient(document, url);
const money = (amount, currency = 'EUR') => ({ amount, currency });

const person = { username: 'ada', password: 'a long way home' };
await crm.call('getMe', { status: 401 });
await crm.call('register', { body: person, type: 'application/x-www-form-urlencoded' });
assert.equal((await crm.call('login', { body: { ...person, password: 'wrong' }, status: 401 })).body.status, 'fail');
const signed = await crm.call('login', { body: person });
crm.authorize('session', signed.headers.get(crm.headerOf('session')));
const me = (await crm.call('getMe')).body;

const product = (await crm.call('createProduct', {
  status: 201, parameters: { 'Idempotency-Key': 'product-' + tag }, body: { name: 'Green tea ' + tag, code: 'T-' + tag, price: money('10.00'), taxRate: 7 },
})).body;
const again = (await crm.call('createProduct', {
  status: 201, parameters: { 'Idempotency-Key': 'product-' + tag }, body: { name: 'Green tea ' + tag, code: 'T-' + tag, price: money('10.00'), taxRate: 7 },
})).body;
assert.equal(again.id, product.id);

// A lead comes that nobody owns, lies in the pool, is claimed and worked on.
const lead = (await crm.call('createLead', { status: 201, body: { name: 'Ada Wong ' + tag, company: 'Acme ' + tag, email: `${tag}@acme.example`, source: 'fair', owner: null } })).body;
await until(async () => (await crm.call('getLead', { parameters: { id: lead.id } })).body.pooledAt, 'the lead is in the pool');
assert.ok((await crm.call('listLeadPool', { parameters: { limit: 200 } })).body.data.some(l => l.id === lead.id));
const claimed = (await crm.call('claimLead', { parameters: { id: lead.id }, body: {} })).body;
assert.equal(claimed.owner, me.id);
await crm.call('changeLead', { parameters: { id: lead.id }, body: { status: 'qualified' } });
const converted = (await crm.call('convertLead', {
  parameters: { id: lead.id, 'Idempotency-Key': 'convert-' + tag }, body: { deal: { name: 'Tea for Acme ' + tag, amount: money('500.00') } },
})).body;
assert.equal(converted.status, 'converted');

// The deal, with what it links to; the second of two editors is told.
const id = converted.deal;
const read = await crm.call('getDeal', { parameters: { id, expand: 'company,owner' } });
assert.equal(read.body.company.name, 'Acme ' + tag);
assert.equal(read.body.owner.name, 'ada');
assert.equal(typeof read.body.heat.value, 'number');
assert.deepEqual(Object.keys((await crm.call('getDeal', { parameters: { id, fields: 'name,heat' } })).body).sort(), ['heat', 'id', 'name']);
await crm.call('getDeal', { parameters: { id, fields: 'nothing' }, status: 400 });
const first = read.headers.get('etag');
const lines = [{ product: product.id, quantity: 30, discount: 10 }, { name: 'Delivery', price: money('25.00'), taxRate: 19 }];
const offered = (await crm.call('changeDeal', { parameters: { id, 'If-Match': first }, body: { lines, closeDate: '2031-03-31' } })).body;
assert.equal(offered.amount.amount, '318.65'); // 270.00 and 7 %, 25.00 and 19 %
const stale = (await crm.call('changeDeal', { parameters: { id, 'If-Match': first }, body: { name: 'Overwritten' }, status: 412 })).body;
assert.equal(stale.current.recordVersion, offered.recordVersion);
assert.deepEqual(stale.sent, { name: 'Overwritten' });
assert.ok((await crm.call('changeDeal', { parameters: { id }, body: { winProbability: 140 }, status: 422 })).body.errors.winProbability);
await crm.call('getDeal', { parameters: { id: 'de_nobody' }, status: 404 });
await crm.call('createDeal', { body: { name: '' }, status: 422 });

// Through the stages, with what is to be done and what was said beside it.
const pipeline = (await crm.call('listPipelines')).body.items.find(p => p.id === offered.pipeline);
const open = pipeline.stages.filter(s => s.type === 'open');
for (const stage of open.slice(1)) assert.equal((await crm.call('moveDeal', { parameters: { id }, body: { stage: stage.id } })).body.stage, stage.id);
assert.equal((await crm.call('moveDeal', { parameters: { id }, body: { stage: 'nowhere' }, status: 422 })).body.errors.stage.length, 1);
const board = (await crm.call('getBoard', { parameters: { id: pipeline.id, sort: 'amount', limit: 5 } })).body;
assert.ok(board.stages.at(open.length - 1).items.some(d => d.id === id));
const task = (await crm.call('createTask', { status: 201, body: { subject: 'Send the offer', due: '2031-03-01T09:00:00Z', priority: 'high', deal: id, customer: converted.customer } })).body;
assert.equal((await crm.call('changeTask', { parameters: { id: task.id }, body: { status: 'done' } })).body.status, 'done');
const note = (await crm.call('createActivity', { status: 201, body: { type: 'note', subject: 'They like it green', deal: id, customer: converted.customer } })).body;
const month = { from: '2031-03', to: '2031-03', by: 'owner' };
assert.equal((await crm.call('getForecast', { parameters: month })).body.items.find(i => i.owner === me.id).amounts.find(a => a.currency === 'EUR').open, '318.65');

// Won, once, and an order of the same lines comes of it.
const won = (await crm.call('winDeal', { parameters: { id }, body: {} })).body;
assert.equal((await crm.call('winDeal', { parameters: { id }, body: {} })).body.orderId, won.orderId);
const order = (await crm.call('getOrder', { parameters: { id: won.orderId, expand: 'deal,customer' } })).body;
assert.deepEqual([order.total, order.tax.amount, order.lines.length, order.deal.id, order.paymentState], [money('318.65'), '23.65', 2, id, 'unpaid']);
assert.equal((await crm.call('payOrder', { parameters: { id: order.id }, body: {}, status: 200 })).body.paymentState, 'paid');
assert.equal((await crm.call('refundOrder', { parameters: { id: order.id }, body: { amount: '18.65', reason: 'One broke.' } })).body.paymentState, 'partly_refunded');

// Found again in lists, by words, and taken out.
const list = (await crm.call('listDeals', { parameters: { filter: `status = won and owner = me`, sort: '-amount', fields: 'name,amount', count: true, q: tag } })).body;
assert.deepEqual([list.count, list.items.map(d => d.id)], [1, [id]]);
assert.equal((await crm.call('listDeals', { parameters: { filter: 'sise > 3' }, status: 400 })).body.at, 0);
for (const [operation, of] of [['listTasks', task], ['listActivities', note], ['listOrders', order]])
  assert.ok((await crm.call(operation, { parameters: { filter: `deal = "${id}"` } })).body.items.some(r => r.id === of.id), operation);
assert.equal((await crm.call('getCustomer', { parameters: { id: converted.customer } })).body.id, converted.customer);
assert.match((await crm.call('exportDeals', { parameters: { format: 'csv', filter: `id = "${id}"`, fields: 'name,status' } })).body, new RegExp(`Tea for Acme ${tag},won`));
await crm.call('deleteTask', { parameters: { id: task.id }, status: 204 });
await crm.call('getTask', { parameters: { id: task.id }, status: 404 });
assert.equal((await crm.call('restoreTask', { parameters: { id: task.id } })).body.id, task.id);
await crm.call('logout');
await crm.call('getDeal', { parameters: { id }, status: 401 });
console.log(JSON.stringify({ deal: id, order: order.id, customer: converted.customer, operations: [...crm.called] }));

async function until(holds, what) {
  for (let tries = 0; tries < 300; tries++) {
    if (await holds()) return;
    await new Promise(after => setTimeout(after, 100));
  }
  fail(`Waited in vain until ${what}.`);
}
