/* Build the panel with open-source LWC and Salesforce's base components; what Salesforce provides is answered by the test. */
import { cpSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import lwc from '@lwc/rollup-plugin';
import replace from '@rollup/plugin-replace';

const HERE = dirname(fileURLToPath(import.meta.url));
const COMPONENTS = join(HERE, '../../../manifests/salesforce/panel/main/default/lwc');
// Beside the packages: LWC looks for them from the folder of a component.
const BUILD = join(HERE, 'node_modules/.panel');

const NAMED = [
  [/^@salesforce\/apex\/\w+\.(\w+)$/, (name) => `export default (given) => window.chat2payApex('${name}', given ?? {});`],
  [/^@salesforce\/resourceUrl\/(\w+)$/, (name) => `export default '/resource/${name}';`],
  [/^@salesforce\/i18n\/(lang|locale|timeZone)$/, (name) => `export default window.chat2paySession.${name};`],
  [/^@salesforce\/user\/(Id)$/, () => 'export default window.chat2paySession.userId;'],
  [/^@salesforce\/schema\/([\w.]+)$/, (name) => `export default '${name}';`],
  // Three megabytes of icons that the panel does not show.
  [/^lightning\/iconSvgTemplates(?!Utility$)/, () => 'export default {};'],
];

/** What Salesforce's own modules are on a real page. */
function salesforce() {
  return {
    name: 'salesforce',
    resolveId: (id) => (NAMED.some(([pattern]) => pattern.test(id)) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith('\0')) return null;
      const found = NAMED.find(([pattern]) => pattern.test(id.slice(1)));
      return found ? found[1](found[0].exec(id.slice(1))[1]) : null;
    },
  };
}

rmSync(BUILD, { recursive: true, force: true });
cpSync(COMPONENTS, join(BUILD, 'c'), { recursive: true, filter: (path) => !path.endsWith('__tests__') });

export default {
  input: join(HERE, 'main.js'),
  output: { file: join(BUILD, 'panel.js'), format: 'iife', inlineDynamicImports: true },
  plugins: [
    salesforce(),
    replace({
      preventAssignment: true,
      'import.meta.env.SSR': 'false',
      'process.env.NODE_ENV': '"production"',
    }),
    lwc({
      rootDir: HERE,
      enableDynamicComponents: true,
      modules: [{ dir: join(HERE, 'stubs') }, { dir: BUILD }, { npm: 'lightning-base-components' }],
    }),
  ],
  // An import that is not found is only a warning, and the page would be empty.
  onwarn(warning) {
    const isTheirs = [warning.id, warning.loc?.file, ...(warning.ids ?? [])].some(
      (id) => id?.includes('node_modules') && !id.includes(BUILD),
    );
    if (!isTheirs) throw new Error(warning.message);
  },
};
