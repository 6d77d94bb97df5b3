/** What libvirt may ask for to authenticate, from number 1 on. Source: libvirt, virConnectCredentialType. */
export const credentialTypes = [
  'username',
  'authname',
  'language',
  'cnonce',
  'passphrase',
  'echoprompt',
  'noechoprompt',
  'realm',
  'external',
] as const;

/** What libvirt asks for to authenticate. */
export type CredentialType = (typeof credentialTypes)[number] | 'unknown';
