// Runs the official Node SDK against a Feishu at a given address:
//
//   node check.mjs BASE_URL APP_ID APP_SECRET OPEN_ID
//
// It sends a text to the user, connects by WebSocket, answers the first text
// that arrives and a tap on its card, and exits 0. Whoever runs it plays the user.
import * as lark from '@larksuiteoapi/node-sdk';

const [base, appId, appSecret, openId] = process.argv.slice(2);
if (!openId) {
  console.error('usage: node check.mjs BASE_URL APP_ID APP_SECRET OPEN_ID');
  process.exit(2);
}
const options = { appId, appSecret, domain: base, loggerLevel: lark.LoggerLevel.warn };
const client = new lark.Client(options);

function must(resp) {
  if (resp.code !== 0) throw new Error(`code ${resp.code}: ${resp.msg}`);
  return resp.data;
}

let finish;
const finished = new Promise((resolve) => { finish = resolve; });
const deadline = setTimeout(() => {
  console.error('no event within 30 s');
  process.exit(1);
}, 30_000);

const dispatcher = new lark.EventDispatcher({}).register({
  'im.message.receive_v1': async ({ message, sender }) => {
    if (sender.sender_id.open_id !== openId) throw new Error('not the expected sender');
    must(await client.im.message.reply({
      path: { message_id: message.message_id },
      data: { msg_type: 'text', content: JSON.stringify({ text: `echo ${JSON.parse(message.content).text}` }) },
    }));
    must(await client.im.message.create({
      params: { receive_id_type: 'open_id' },
      data: {
        receive_id: openId,
        msg_type: 'interactive',
        content: JSON.stringify({
          schema: '2.0',
          config: { update_multi: true },
          body: { elements: [{
            tag: 'button', text: { tag: 'plain_text', content: 'OK' },
            behaviors: [{ type: 'callback', value: { action: 'ok' } }],
          }] },
        }),
      },
    }));
  },
  'card.action.trigger': async ({ action, context }) => {
    // Later, so that the answer goes out first.
    setTimeout(async () => {
      must(await client.im.message.patch({
        path: { message_id: context.open_message_id },
        data: { content: JSON.stringify({ schema: '2.0', body: { elements: [{ tag: 'markdown', content: 'done' }] } }) },
      }));
      finish();
    }, 100);
    return { toast: { type: 'success', content: `got ${action.value.action}` } };
  },
});

const ws = new lark.WSClient(options);
try {
  must(await client.im.message.create({
    params: { receive_id_type: 'open_id' },
    data: { receive_id: openId, msg_type: 'text', content: JSON.stringify({ text: 'hello from node' }) },
  }));
  await ws.start({ eventDispatcher: dispatcher });
  await finished;
} catch (e) {
  console.error(e.message);
  process.exit(1);
}
clearTimeout(deadline);
process.exit(0);
