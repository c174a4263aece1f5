// The health check of MongoDB: healthy is a node that takes writes. It makes the
// replica set of one node the first time. While the image sets up a new volume
// there is no replication, and this fails as it should.
const admin = new Mongo('mongodb://127.0.0.1:27017/?directConnection=true').getDB('admin');
admin.auth('root', process.env.MONGO_INITDB_ROOT_PASSWORD);
try {
  admin.runCommand({ replSetGetStatus: 1 });
} catch (e) {
  if (e.codeName !== 'NotYetInitialized') throw e;
  admin.runCommand({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: 'mongo:27017' }] } });
}
quit(admin.hello().isWritablePrimary ? 0 : 1);
