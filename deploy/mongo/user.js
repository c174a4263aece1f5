// Run once by the image of MongoDB, when its volume is new: the bots' user may
// read and write their own database and nothing else.
db.getSiblingDB('roundsman').createUser({
  user: 'roundsman',
  pwd: process.env.MONGO_PASSWORD,
  roles: [{ role: 'readWrite', db: 'roundsman' }],
});
