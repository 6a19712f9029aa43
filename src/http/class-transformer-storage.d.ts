/** Where class-transformer keeps what `@Type` says; it has no public way to read that. */
declare module 'class-transformer/cjs/storage.js' {
  export const defaultMetadataStorage: {
    findTypeMetadata(target: unknown, propertyName: string): { typeFunction(): new () => object } | undefined;
  };
}
