/**
 * npm run bench [-- list | instances | feed]: how fast the engine is; with `list` how fast a million executions are read, with
 * `instances` what a second server on the same database brings, with `feed` what clients of the feed cost.
 */
const BENCHES = { feed: './feed.js', list: './list.js', instances: './instances.js' };
await import(BENCHES[process.argv[2]] ?? './engine.js');
