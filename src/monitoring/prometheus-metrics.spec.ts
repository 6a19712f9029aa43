import { readExposition } from '../../test/support/exposition.js';
import type { Batch, BatchResult } from '../engine/journal/batch.js';
import { PrometheusMetrics, type GaugeSource } from './prometheus-metrics.js';

const source = (queuedExecutions: GaugeSource['queuedExecutions']): GaugeSource => ({
  executions: () => [],
  queuedCharacters: () => 7,
  queuedExecutions,
});

async function samplesOf(metrics: PrometheusMetrics): Promise<Map<string, number>> {
  return readExposition(await metrics.text()).samples;
}

test('A database that does not answer, or fails, costs its own figure alone', async () => {
  const metrics = new PrometheusMetrics();
  metrics.begin(source(() => Promise.resolve(3)));
  expect((await samplesOf(metrics)).get('retrace_executions_queued')).toBe(3);

  for (const answer of [() => new Promise<number>(() => undefined), () => Promise.reject(new Error('away'))]) {
    metrics.begin(source(answer));
    const samples = await samplesOf(metrics);
    expect(samples.has('retrace_executions_queued')).toBe(false);
    expect(samples.get('retrace_journal_queue_characters')).toBe(7);
  }
});

test('A batch is measured when it is committed, and counted by what became of it when it is not', async () => {
  const metrics = new PrometheusMetrics();
  const results: BatchResult[] = [
    { kind: 'unknown', message: 'the database is away' },
    { kind: 'committed', missing: [], existing: [] },
    { kind: 'lease-lost' },
  ];
  const writer = metrics.measured({ write: () => Promise.resolve(results.shift() as BatchResult) });
  const chunks = [
    { firstSeq: 1, lastSeq: 4, text: '' },
    { firstSeq: 5, lastSeq: 5, text: '' },
  ];
  const entry = { executionId: 'a', seq: 5, chunks, logs: [] };
  const batch: Batch = { writer: 'i/0', no: 1, instanceId: 'i', entries: [entry, { ...entry, executionId: 'b' }] };
  const kinds = [await writer.write(batch), await writer.write(batch), await writer.write(batch)].map(
    ({ kind }) => kind,
  );
  expect(kinds).toEqual(['unknown', 'committed', 'lease-lost']);

  const samples = await samplesOf(metrics);
  expect(samples.get('retrace_journal_batch_events_sum')).toBe(10);
  expect(samples.get('retrace_journal_commit_duration_seconds_count')).toBe(1);
  expect(samples.get('retrace_journal_commit_failures_total{result="unknown"}')).toBe(1);
  expect(samples.get('retrace_journal_commit_failures_total{result="lease-lost"}')).toBe(1);
  expect(samples.get('retrace_journal_commit_failures_total{result="refused"}')).toBe(0);
});

test('A batch that cannot even be sent says so to who sends it', async () => {
  const metrics = new PrometheusMetrics();
  const writer = metrics.measured({ write: () => Promise.reject(new Error('cannot be sent')) });
  await expect(writer.write({ writer: 'i/0', no: 1, instanceId: 'i', entries: [] })).rejects.toThrow('cannot be sent');
  expect((await samplesOf(metrics)).get('retrace_journal_batch_events_count')).toBe(0);
});
