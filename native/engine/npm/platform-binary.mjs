// Runs in a platform package's folder. `place` brings the addon that was built for the platform, which `npm pack`
// and `npm publish` then ship; `remove` leaves the folder as it was, for a checkout loads what it has built.
import { copyFileSync, readFileSync, rmSync } from 'node:fs';

const { main: addon } = JSON.parse(readFileSync('package.json', 'utf8'));
const built = `../../${addon}`;
if (process.argv[2] === 'place') place();
else rmSync(addon, { force: true });

function place() {
  try {
    copyFileSync(built, addon);
  } catch (error) {
    console.error(`${addon} is not built here (${error.message}): run "npm run build" on that platform.`);
    process.exitCode = 1;
  }
}
