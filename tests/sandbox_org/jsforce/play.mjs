// Plays one scene against the org named on standard input, and prints what jsforce made of the answers.
import jsforce from 'jsforce';

const VERSION = '67.0';
const REQUEST = 'Chat2Pay_Payment_Request__c';
const told = JSON.parse(await new Response(process.stdin).text());

const oauth2 = { loginUrl: told.address, clientId: told.client_id, clientSecret: told.client_secret };
const connection = new jsforce.Connection({
  instanceUrl: told.address, accessToken: told.access_token, version: VERSION, oauth2,
});

async function loggedIn(params) {
  const fresh = new jsforce.Connection({ oauth2, version: VERSION });
  const user = await fresh.authorize(params);
  const found = await fresh.query('SELECT Id FROM Order LIMIT 1');
  return { user, instance: fresh.instanceUrl, found: found.totalSize, identity: await fresh.identity() };
}

const scenes = {
  clientCredentials: () => loggedIn({ grant_type: 'client_credentials' }),

  jwt: () => loggedIn({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: told.assertion }),

  async query() {
    const first = await connection.query('SELECT Id, OrderNumber, Account.Name FROM Order ORDER BY OrderNumber LIMIT 1');
    const all = await connection.query('SELECT Id FROM Order').maxFetch(5000).autoFetch(true);
    const groups = await connection.query('SELECT StatusCode, COUNT(Id) orders FROM Order GROUP BY StatusCode');
    const found = await connection.sobject('Order').find({ OrderNumber: { $like: '000001%' } }, 'Id').limit(3);
    return { first: first.records[0], all: all.totalSize, fetched: all.records.length, groups: groups.records, found: found.length };
  },

  async records() {
    const requests = connection.sobject(REQUEST);
    const created = await requests.create({ Reference__c: told.reference, Order__c: told.order_id });
    const updated = await requests.update({ Id: created.id, Status__c: 'sent' });
    const again = await requests.upsert({ Reference__c: told.reference, Status__c: 'paid' }, 'Reference__c');
    const several = await requests.upsert(
      [{ Reference__c: told.reference, Amount__c: 115 }, { Reference__c: `${told.reference}_2` }], 'Reference__c');
    const read = await requests.retrieve(created.id);
    const deleted = await requests.destroy(created.id);
    return { created, updated, again, several, read, deleted };
  },

  async composite() {
    const url = `/services/data/v${VERSION}`;
    const where = `UserId = '${told.user_id}' AND RecordId = '${told.order_id}'`;
    const access = `SELECT RecordId, HasEditAccess FROM UserRecordAccess WHERE ${where}`;
    return connection.request({
      method: 'POST',
      url: `${url}/composite`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        allOrNone: false,
        collateSubrequests: false,
        compositeRequest: [
          { referenceId: 'may', method: 'GET', url: `${url}/query?q=${encodeURIComponent(access)}` },
          {
            referenceId: 'wrote', method: 'PATCH', url: `${url}/composite/sobjects/${REQUEST}/Reference__c`,
            body: { allOrNone: false, records: [
              { attributes: { type: REQUEST }, Reference__c: told.reference, Order__c: told.order_id },
              { attributes: { type: REQUEST }, Reference__c: `${told.reference}_3`, Amount__c: 'much' },
            ] },
          },
        ],
      }),
    });
  },

  async describe() {
    const order = await connection.sobject('Order').describe();
    const limits = await connection.limits();
    return { fields: order.fields.map((field) => field.name), limits, seen: connection.limitInfo };
  },

  async refusals() {
    const codes = [];
    for (const attempt of [
      () => connection.query('SELECT Nope__c FROM Order'),
      () => connection.sobject(REQUEST).create({ Nope__c: 1 }),
      () => connection.sobject('Order').retrieve('801000000000000'),
      () => new jsforce.Connection({ instanceUrl: told.address, accessToken: 'dead', version: VERSION }).query('SELECT Id FROM Order'),
    ]) {
      codes.push(await attempt().then(() => 'nothing refused', (error) => error.errorCode));
    }
    return codes;
  },
};

process.stdout.write(JSON.stringify(await scenes[process.argv[2]]()));
