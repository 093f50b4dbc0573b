// A client that knows an API by its OpenAPI document alone: it calls operations by their operationId, builds addresses and bodies by
// the parameters and schemas that stand there, and holds every request and every answer against them.
import Ajv2020 from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const root = 'https://described.invalid/openapi.json';

export class DescribedClient {
  #operations = new Map();
  #validators = new Map();
  #ajv = new Ajv2020({ strict: false, allErrors: true });
  #headers = {};
  called = new Set();

  constructor(document, base) {
    this.document = document;
    this.base = base;
    formats(this.#ajv);
    this.#ajv.addSchema({ ...document, $id: root }, root);
    for (const [path, item] of Object.entries(document.paths))
      for (const [method, operation] of Object.entries(item))
        if (operation.operationId) this.#operations.set(operation.operationId, { path, method, operation, at: ['paths', path, method] });
  }

  /** Sends what a security scheme of the document asks for with every call from now on. */
  authorize(scheme, value) {
    const { type, in: where, name, scheme: kind } = this.document.components.securitySchemes[scheme];
    if (type === 'apiKey' && where === 'header') this.#headers[name] = value;
    else if (type === 'http' && kind === 'bearer') this.#headers.authorization = `Bearer ${value}`;
    else throw new Error(`The scheme ${scheme} cannot be used here.`);
  }

  /** The header in which a scheme's value travels. */
  headerOf(scheme) {
    return this.document.components.securitySchemes[scheme].name;
  }

  /** Calls an operation; throws where the request, the status or the answer is not as it is described. */
  async call(id, { parameters = {}, body, status = 200, type = 'application/json' } = {}) {
    const { path, method, operation, at } = this.#operations.get(id) ?? fail(`There is no operation ${id}.`);
    const { url, headers } = this.#address(id, path, operation, at, parameters);
    const request = { method: method.toUpperCase(), headers: { ...this.#headers, ...headers } };
    if (body !== undefined) {
      const described = this.#resolve(operation.requestBody, [...at, 'requestBody']);
      const media = described.node?.content?.[type] ?? fail(`${id} takes no ${type}.`);
      this.#hold(`the body of ${id}`, media.schema, [...described.at, 'content', type, 'schema'], body);
      request.headers['content-type'] = type;
      request.body = type === 'application/json' ? JSON.stringify(body) : new URLSearchParams(body).toString();
    } else if (this.#resolve(operation.requestBody, at).node?.required) fail(`${id} needs a body.`);
    const response = await fetch(url, request);
    const text = await response.text();
    if (response.status !== status) fail(`${id} answered ${response.status}, not ${status}: ${text}`);
    this.called.add(id);
    return { status, headers: response.headers, body: this.#read(id, operation, at, response, text) };
  }

  #address(id, path, operation, at, given) {
    const [query, headers, left] = [new URLSearchParams(), {}, new Set(Object.keys(given))];
    let url = path;
    (operation.parameters ?? []).forEach((raw, index) => {
      const { node, at: place } = this.#resolve(raw, [...at, 'parameters', index]);
      const value = given[node.name];
      left.delete(node.name);
      if (value === undefined) {
        if (node.required) fail(`${id} needs ${node.name}.`);
        return;
      }
      this.#hold(`${node.name} of ${id}`, node.schema, [...place, 'schema'], value);
      if (node.in === 'path') url = url.replace(`{${node.name}}`, encodeURIComponent(value));
      else if (node.in === 'query') query.set(node.name, value);
      else headers[node.name] = value;
    });
    if (left.size > 0) fail(`${id} has no parameter ${[...left].join(', ')}.`);
    return { url: this.base + url + (query.size > 0 ? `?${query}` : ''), headers };
  }

  #read(id, operation, at, response, text) {
    const described = operation.responses[response.status];
    if (!described) fail(`${id} answered ${response.status}, which is not described: ${text}`);
    const { node, at: place } = this.#resolve(described, [...at, 'responses', String(response.status)]);
    for (const name of Object.keys(node.headers ?? {}))
      if (!response.headers.has(name)) fail(`${id} answered without the header ${name}.`);
    if (text.length === 0) return undefined;
    const type = (response.headers.get('content-type') ?? '').split(';')[0];
    const media = node.content?.[type] ?? fail(`${id} answered ${response.status} in ${type}, which is not described.`);
    const body = type.endsWith('json') ? JSON.parse(text) : text;
    if (media.schema) this.#hold(`the answer ${response.status} of ${id}`, media.schema, [...place, 'content', type, 'schema'], body);
    return body;
  }

  #resolve(node, at) {
    while (node?.$ref) {
      at = node.$ref.slice(2).split('/').map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'));
      node = at.reduce((inside, name) => inside[name], this.document);
    }
    return { node, at };
  }

  #hold(what, schema, at, value) {
    if (schema === undefined) fail(`${what} has no schema.`);
    const pointer = at.map(part => encodeURIComponent(String(part).replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
    if (!this.#validators.has(pointer)) this.#validators.set(pointer, this.#ajv.compile({ $ref: `${root}#/${pointer}` }));
    const validate = this.#validators.get(pointer);
    if (!validate(value)) fail(`${what} is not as it is described: ${this.#ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`);
  }
}

export function fail(why) {
  throw new Error(why);
}
