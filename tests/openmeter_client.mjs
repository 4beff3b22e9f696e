// Uses OpenMeter's own client as an application does; what it was answered goes to standard output.
// Arguments: the address of a server, an API key, the folder of the client.
const [url, apiKey, sdk] = process.argv.slice(2);
const { OpenMeter } = await import(`${sdk}/dist/index.js`);
const client = new OpenMeter({ baseUrl: url, apiKey });

const call = (id, subject, model, input, time) => ({
  id, source: 'chat-app', subject, type: 'ai.model.call', time: new Date(time),
  data: { model, protocol: 'tokens', usage: { input } },
});
const events = [
  call('om-1', 'customer-1', 'qwen-plus', 1000, '2026-11-22T08:00:03Z'),
  call('om-2', 'customer-1', 'qwen-plus', 500, '2026-11-22T08:30:00Z'),
  call('om-3', 'customer-1', 'qwen3-max', 20, '2026-11-22T09:00:00Z'),
  call('om-4', 'customer-2', 'qwen-plus', 7, '2026-11-23T00:00:00Z'),
];
await client.events.ingest(events[0]);
await client.events.ingest(events); // The first one again: it counts once.

const period = { from: new Date('2026-11-22T00:00:00Z'), to: new Date('2026-11-24T00:00:00Z') };
const calls = () => client.meters.query('model_calls', period);
for (let tries = 0; tries < 100; ++tries) {
  const { data } = await calls();
  if (data.length === 1 && data[0].value === events.length) break;
  await new Promise((done) => setTimeout(done, 100));
}

let refused;
try {
  await client.meters.query('no_such_meter', period);
} catch (error) {
  refused = { name: error.name, status: error.statusCode ?? error.status };
}
console.log(JSON.stringify({
  calls: await calls(),
  byHour: await client.meters.query('tokens', {
    ...period, windowSize: 'HOUR', subject: ['customer-1'], groupBy: ['model'],
  }),
  filtered: await client.meters.query('tokens', {
    ...period, groupBy: ['subject'], filterGroupBy: { model: 'qwen-plus' },
  }),
  byBody: await client.meters.queryPost('cost', {
    ...period, windowSize: 'DAY', filterGroupBy: { model: ['qwen-plus'] }, groupBy: ['subject'],
  }),
  meters: (await client.meters.list()).map((meter) => meter.slug),
  meter: await client.meters.get('tokens'),
  refused,
}));
