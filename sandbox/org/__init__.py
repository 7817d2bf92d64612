"""A Salesforce org to develop and test against.

Salesforce's own endpoints are /services/oauth2/…, /services/data/vNN.N/… and the pages. Everything below /sandbox is the
sandbox's own: what a person would do in Setup, and what goes wrong by itself. An unusable body is refused with 422 and
{"error": {"code", "message", "fields"}}, and then nothing has changed.

People and permissions
  GET    /sandbox/credentials              org id, consumer key and secrets, and every user with an access token
  PATCH  /sandbox/users/{id}               sees_all_orders, edits_orders, edits_activated_orders, views_setup, active:
                                           true or false; permission_sets: [names], the ordinary ones, replaced whole.
                                           groups: [names], replaced whole.
                                           A right that sets give is taken by unticking it on the sets that they hold
  PATCH  /sandbox/permission-sets/{name}   Permissions…: true or false; custom_permissions: [names], replaced whole
                                           objects: {"Order": {"PermissionsEdit": false}} · fields:
                                           {"Order.Chat2Pay_Status__c": {"PermissionsRead": false}}: single ones
  POST   /sandbox/permission-set-groups    name, permission_sets: [names], users: [ids]; muted: [objects, fields, custom
                                           permissions, Permissions…] · status: "Outdated" gives nothing
  PUT    /sandbox/field-permissions        {"Order.Chat2Pay_Status__c": {"readable": true, "editable": false}, …} for
                                           the integration user, over what permission sets give; replaced whole
  PUT    /sandbox/agent-field-permissions  the same for everybody else
  PUT    /sandbox/certificate              {"certificate": PEM}: an X.509 certificate or a public key, for JWT bearer

The org
  GET, POST /sandbox/deploy                {"directories": ["base"]}: what `sf project deploy start --source-dir base` does.
                                           Objects, fields, rules, permission sets and the like come from the files of
                                           manifests/salesforce alone; `--packages none` starts an org without any.
                                           A deployment assigns nothing: PATCH the users afterwards
  GET, PATCH /sandbox/org                  multi_currency, person_accounts, order_summaries, country_picklists, is_sandbox:
                                           true or false; with country_picklists addresses have …CountryCode, too
                                           org_id: an id, or "new": what a refresh does, and no session outlives it
                                           ip_refused: false, true or "agents", "everyone": login IP ranges
                                           client_secret_expired: true or false · session_s: how long a token lives
  PUT    /sandbox/picklists                {"Order.Status": {"restricted": true, "without": ["Draft"]}, …}; replaced
                                           whole, {} leaves all as the metadata has them

Records
  POST   /sandbox/orders                   count, accounts, phone, any field of Order, and the marks below
  PATCH  /sandbox/orders/{id}              any field of Order, and the marks:
                                           visible_to: [user ids] or null: shared with nobody else
                                           restricted_for: [user ids] or null: a restriction rule hides the order from
                                           them, though UserRecordAccess says that they may read it
                                           refuses_updates_with: an error code or null
                                           activated: true or false · managed: true or false, with order_summaries
  DELETE /sandbox/orders/{id}              into the recycle bin; lookups at it are emptied
  POST   /sandbox/orders/{id}/restore      out of it again
  POST   /sandbox/records                  {"object": "MessagingEndUser", "values": {…}}: any object
  PATCH  /sandbox/records/{id}             any field of any record, read-only ones too, but not of orders and users

What the org refuses
  PUT, GET, DELETE /sandbox/refusals       records: [{object, errors: [{statusCode, message, fields}], ids, writes, where}]:
                                           a rule, flow or trigger; ids, writes (field names) and where (values written)
                                           narrow it · calls: {status, body, path}: whole calls; a text body is HTML
                                           logins: {status, body}: every token request
                                           version_rules: {object: {active, message}}: what an admin did to the shipped rule

Faults, launches and counters
  PUT, GET, DELETE /sandbox/faults         latency_ms: [low, high] · locked_rows, drop_answers, http_503,
                                           concurrent_limit: a share from 0 to 1 · limit_exceeded, expire_tokens
                                           api_limit: the daily allowance · api_used: calls used before, and the org
                                           is let beyond its allowance · limit_info: the form of Sforce-Limit-Info,
                                           "usage", "bursts", "per_app" or "none"
  POST   /sandbox/launches                 {order_id, user_id, launched_at}: a launch as Canvas would make it
  GET, DELETE /sandbox/calls               calls, logins, records written, most calls at once
  GET    /sandbox/health
"""
