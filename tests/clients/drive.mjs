// Says a plan of calls with one published client: node drive.mjs CLIENT < plan.json
// The plan is {url, key, steps}. It ends with 0 once the client says that everything is delivered.
import { text } from 'node:stream/consumers';

const [name] = process.argv.slice(2);
const { default: drive } = await import(`./drivers/${name}.mjs`);
const { url, key, steps } = JSON.parse(await text(process.stdin));
// Each call as often as the plan says: copies carry the same messageId.
const calls = steps.flatMap(step => Array(step.times).fill(step));
await drive({ url, key, calls });
