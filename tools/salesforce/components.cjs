/* What Salesforce's own library finds in a project: components by package directory, or a zip of each for those without sf.
   node components.cjs PROJECT            prints {"base": ["ApexClass:Name", …], …}
   node components.cjs PROJECT FOLDER     writes FOLDER/base.zip and so on, with a package.xml in each */
const { createRequire } = require('node:module');
const { mkdirSync, readFileSync } = require('node:fs');
const { join, resolve } = require('node:path');

const PROJECT = resolve(process.argv[2]);
const FOLDER = process.argv[3] && resolve(process.argv[3]);
const need = createRequire(join(__dirname, '../../manifests/salesforce/package.json'));
const { ComponentSet, MetadataConverter } = need('@salesforce/source-deploy-retrieve');

const configuration = JSON.parse(readFileSync(join(PROJECT, 'sfdx-project.json'), 'utf8'));

/* A child is deployed with its parent; as components both are listed. */
function components(directory) {
  const found = new Set();
  for (const one of ComponentSet.fromSource(join(PROJECT, directory)).getSourceComponents()) {
    for (const each of [one, ...one.getChildren()]) found.add(`${each.type.name}:${each.fullName}`);
  }
  return [...found].sort();
}

async function zip(directory) {
  const set = ComponentSet.fromSource(join(PROJECT, directory));
  set.sourceApiVersion = configuration.sourceApiVersion;
  const output = { type: 'zip', outputDirectory: FOLDER, packageName: directory.replaceAll('/', '_') };
  const { packagePath } = await new MetadataConverter().convert(set, 'metadata', output);
  return packagePath;
}

async function main() {
  const directories = configuration.packageDirectories.map((one) => one.path);
  if (!FOLDER) {
    console.log(JSON.stringify(Object.fromEntries(directories.map((one) => [one, components(one)]))));
    return;
  }
  mkdirSync(FOLDER, { recursive: true });
  for (const directory of directories) console.log(await zip(directory));
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
