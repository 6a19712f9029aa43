const SAMPLE = /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?\d\S*|[+-]?Inf|Nan)$/;
const COMMENT = /^# (?:HELP [a-zA-Z_:][\w:]* \S.*|TYPE [a-zA-Z_:][\w:]* (?:counter|gauge|histogram|summary|untyped))$/;

/** What Prometheus would take from an answer of /metrics. */
export interface Exposition {
  /** By `name{label="value"}`, as they stand there. */
  samples: Map<string, number>;
  /** Of the samples. */
  names: Set<string>;
}

/**
 * Reads the text format, 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).
 * @throws Error for a line that is none of it, and for a sample that is there twice
 */
export function readExposition(text: string): Exposition {
  const samples = new Map<string, number>();
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    if (line === '' || COMMENT.test(line)) continue;
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
    if (name === undefined) throw new Error(`Prometheus would not take "${line}"`);
    if (samples.has(name + labels)) throw new Error(`${name}${labels} is there twice`);
    samples.set(name + labels, value === 'Nan' ? Number.NaN : Number(value?.replace('Inf', 'Infinity')));
    names.add(name);
  }
  return { samples, names };
}
