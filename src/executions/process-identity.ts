import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { InstanceProcess } from '../repositories/instance.repository.js';

/** Which process this is. Where the system tells no boot id or start time, the lease alone decides. */
export async function ownProcess(): Promise<InstanceProcess> {
  return {
    host: hostname(),
    bootId: await bootId(),
    pid: process.pid,
    pidStart: (await startTimeOf(process.pid)) ?? '',
  };
}

/** True when the process surely no longer runs: it was on this host, and its boot, its pid or its start time is gone. */
export async function isProvablyGone(other: InstanceProcess, own: InstanceProcess): Promise<boolean> {
  if (other.host !== own.host || own.bootId === '' || other.bootId === '') return false;
  if (other.bootId !== own.bootId) return true;
  if (other.pidStart === '') return false;
  return (await startTimeOf(other.pid)) !== other.pidStart;
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

/** Clock ticks since boot at which the process began: field 22 of proc_pid_stat(5), after the name in parentheses. */
async function startTimeOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}
