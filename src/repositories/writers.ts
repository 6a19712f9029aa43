/**
 * The beginning of a statement that has every writer of batches as `writers`, whose last row is NULL: from one to the next
 * through the primary key. A writer is a lane of an instance (id, slash, lane), or its deletions (id, slash, `deletions`).
 */
export const EACH_WRITER = `WITH RECURSIVE writers AS (
    (SELECT writer FROM journal_batches ORDER BY writer LIMIT 1)
    UNION ALL
    SELECT (SELECT b.writer FROM journal_batches b WHERE b.writer > w.writer ORDER BY b.writer LIMIT 1)
    FROM writers w WHERE w.writer IS NOT NULL
  )`;
