/** Values of typed parameters by name, as `@blockferry/typed-params` takes them. */
export type MigrateParamsRecord = Readonly<
  Record<string, string | number | bigint | boolean | readonly string[] | undefined>
>;
