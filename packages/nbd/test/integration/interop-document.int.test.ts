import { expect, it } from 'vitest';
import { interopDocument } from '../support/interop-document.js';

it('docs/nbd-interop.md says what is tried', async () => {
  await expect(interopDocument()).toMatchFileSnapshot('../../../../docs/nbd-interop.md');
});
