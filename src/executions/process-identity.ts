import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { InstanceProcess } from '../repositories/instance.repository.js';

const ENDED: ReadonlySet<string> = new Set(['Z', 'X']);

/** Which process this is. Where the system tells no boot id or start time, the lease alone decides. */
export async function ownProcess(): Promise<InstanceProcess> {
  return {
    host: hostname(),
    bootId: await bootId(),
    pid: process.pid,
    pidStart: (await startTimeOf(process.pid)) ?? '',
  };
}

/** What the name of the host, its boot and its processes say of another instance. */
export type Evidence =
  /** Its process no longer runs. */
  | 'gone'
  /**
   * Of this host before its last boot, or of a container that was started anew, and gone; unless another machine bears the
   * same name.
   */
  | 'earlier'
  /** Its process runs, or runs somewhere else. */
  | 'none';

export async function evidenceOf(other: InstanceProcess, own: InstanceProcess): Promise<Evidence> {
  if (other.host !== own.host || own.bootId === '' || other.bootId === '') return 'none';
  if (other.bootId !== own.bootId) return 'earlier';
  if (other.pidStart === '') return 'none';
  return (await startTimeOf(other.pid)) === other.pidStart ? 'none' : 'gone';
}

/** The boot, and the namespace in which pids count: two containers may both have a process 1. */
async function bootId(): Promise<string> {
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return boot === '' || namespace === '' ? '' : `${boot} ${namespace}`;
}

/**
 * Clock ticks since boot at which the process began: field 22 of proc_pid_stat(5), after the name in parentheses; null for
 * one that does not run, be it that nobody has asked for its end yet (a zombie).
 */
async function startTimeOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ENDED.has(fields[0] ?? '') ? null : (fields[19] ?? null);
}
