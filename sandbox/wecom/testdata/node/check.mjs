// A callback server that trusts only WeCom's official library. It answers the
// URL check, opens one pushed message, answers it with an encrypted text, prints
// the plain XML as one JSON line, and ends.
//
// Environment: TOKEN, AES_KEY, CORP_ID. The first line it prints is its address.
import http from 'node:http';
import crypto from '@wecom/crypto';

const { getSignature, decrypt, encrypt } = crypto;
const { TOKEN, AES_KEY, CORP_ID } = process.env;

const fail = (res, why) => {
  console.log(JSON.stringify({ error: why }));
  res.writeHead(403).end(why);
};

// open checks the signature and the receive id, and returns the plain text.
function open(query, encrypted) {
  const want = getSignature(TOKEN, query.get('timestamp'), query.get('nonce'), encrypted);
  if (want !== query.get('msg_signature')) throw new Error('wrong signature');
  const { message, id } = decrypt(AES_KEY, encrypted);
  if (id !== CORP_ID) throw new Error(`wrong receive id ${id}`);
  return message;
}

const server = http.createServer((req, res) => {
  const query = new URL(req.url, 'http://localhost').searchParams;
  const chunks = [];
  req.on('data', (c) => chunks.push(c));
  req.on('end', () => {
    try {
      if (req.method === 'GET') {
        res.end(open(query, query.get('echostr')));
        return;
      }
      const body = Buffer.concat(chunks).toString('utf8');
      const encrypted = /<Encrypt><!\[CDATA\[(.*?)\]\]><\/Encrypt>/.exec(body)?.[1];
      const plain = open(query, encrypted);
      const reply = encrypt(AES_KEY, '<xml><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[来自 Node]]></Content></xml>', CORP_ID);
      const timestamp = query.get('timestamp');
      const nonce = query.get('nonce');
      const signature = getSignature(TOKEN, timestamp, nonce, reply);
      console.log(JSON.stringify({ plain }));
      res.setHeader('Connection', 'close');
      res.end(`<xml><Encrypt><![CDATA[${reply}]]></Encrypt><MsgSignature><![CDATA[${signature}]]></MsgSignature><TimeStamp>${timestamp}</TimeStamp><Nonce><![CDATA[${nonce}]]></Nonce></xml>`);
      res.on('finish', () => server.close());
    } catch (e) {
      fail(res, String(e));
    }
  });
});

server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/callback`));
