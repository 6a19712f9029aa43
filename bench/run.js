/** npm run bench [-- list]: how fast the engine is, or with `list` how fast a million executions are read. */
await import(process.argv[2] === 'list' ? './list.js' : './engine.js');
