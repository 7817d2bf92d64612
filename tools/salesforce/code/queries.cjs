/* Every query of Apex, read by a parser of Apex and one of SOQL, with each object and field that it names.
   node queries.cjs FILE…    prints [{"path", "line", "error"} or {"path", "line", "uses": [{"object", "children", "field"}, …]}, …]
   `object` is what a query is from, `children` the relationships that lead from it to a subquery's object, `field` a field or a
   path of relationships to one; without `field` only the object is named. */
const { createRequire } = require('node:module');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const need = createRequire(join(__dirname, '../../../manifests/salesforce/package.json'));
const { ApexErrorListener, ApexParserBaseListener, ApexParserFactory, ApexParseTreeWalker } = need('@apexdevtools/apex-parser');
const { parseQuery } = need('@jetstreamapp/soql-parser-js');

const FIELD = /^[A-Za-z]\w*(\.[A-Za-z]\w*)*$/;
const DYNAMIC = /^'\s*SELECT\s/i;

/* A message lists all that could have stood there. */
const shortened = (message) =>
  message.replace(/\s+/g, ' ').replace(/expecting:? .{80,}?(?=( but found|$))/i, 'something else is expected').slice(0, 200);

class Errors extends ApexErrorListener {
  found = [];

  apexSyntaxError(line, _column, message) {
    this.found.push({ line, error: shortened(message) });
  }
}

class Queries extends ApexParserBaseListener {
  found = [];

  constructor(source) {
    super();
    // The parser counts characters, not units of UTF-16.
    this.characters = Array.from(source);
  }

  enterSoqlLiteral(context) {
    const text = this.characters.slice(context.start.start + 1, context.stop.stop).join('');
    this.found.push({ line: context.start.line, text });
  }

  enterLiteral(context) {
    const text = this.characters.slice(context.start.start, context.stop.stop + 1).join('');
    if (DYNAMIC.test(text)) this.found.push({ line: context.start.line, text: text.slice(1, -1).replaceAll("\\'", "'") });
  }
}

/* What a function is called with: fields, and functions within functions. */
function ofFunction(called) {
  if (!called || /^fields$/i.test(called.functionName)) return [];
  return (called.parameters ?? []).flatMap((one) => (typeof one === 'string' ? [one] : ofFunction(one)));
}

function ofCondition(node, query, add) {
  if (!node) return;
  const { left } = node;
  if (left?.field) add(query, left.field);
  for (const one of ofFunction(left?.fn)) add(query, one);
  if (left?.valueQuery) ofQuery(left.valueQuery, left.valueQuery.sObject, [], add.uses);
  ofCondition(node.right, query, add);
}

function ofColumn(one, query, add) {
  if (one.type === 'FieldSubquery') {
    ofQuery(one.subquery, query.object, [...query.children, one.subquery.relationshipName], add.uses);
  } else if (one.type === 'FieldTypeof') {
    add(query, `${one.field}Id`);
    for (const { objectType, fieldList } of one.conditions) {
      for (const field of objectType ? fieldList : []) add({ object: objectType, children: [] }, field);
    }
  } else if (one.type === 'FieldFunctionExpression') {
    for (const field of ofFunction(one)) add(query, field);
  } else {
    add(query, one.type === 'FieldRelationship' ? [...one.relationships, one.field].join('.') : one.field);
  }
}

function ofQuery(parsed, object, children, uses) {
  const query = { object, children };
  const aliases = new Set((parsed.fields ?? []).map((one) => one.alias).filter(Boolean));
  const add = (from, field) => {
    const name = parsed.sObjectAlias && field.startsWith(`${parsed.sObjectAlias}.`) ? field.slice(field.indexOf('.') + 1) : field;
    if (FIELD.test(name) && !aliases.has(name)) uses.push({ ...from, field: name });
  };
  add.uses = uses;
  uses.push(query);
  for (const one of parsed.fields ?? []) ofColumn(one, query, add);
  for (const one of [...[parsed.groupBy ?? []].flat(), ...[parsed.orderBy ?? []].flat()]) {
    for (const field of one.field ? [one.field] : ofFunction(one.fn)) add(query, field);
  }
  ofCondition(parsed.where, query, add);
  ofCondition(parsed.having, query, add);
  return uses;
}

function read(path) {
  const source = readFileSync(path, 'utf8');
  const errors = new Errors();
  const { parser } = ApexParserFactory.createLexerAndParser(source, errors);
  const tree = path.endsWith('.trigger') ? parser.triggerUnit() : parser.compilationUnit();
  const queries = new Queries(source);
  ApexParseTreeWalker.DEFAULT.walk(queries, tree);
  const found = queries.found.map(({ line, text }) => {
    try {
      const parsed = parseQuery(text, { allowApexBindVariables: true });
      return { path, line, uses: ofQuery(parsed, parsed.sObject, [], []) };
    } catch (error) {
      return { path, line, error: `no SOQL: ${shortened(error.message)}` };
    }
  });
  return [...errors.found.map((one) => ({ path, ...one })), ...found];
}

console.log(JSON.stringify(process.argv.slice(2).flatMap(read)));
