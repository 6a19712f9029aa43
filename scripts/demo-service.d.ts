/** One request that the service has received, and how it answered. */
export interface DemoCall {
  method: string;
  path: string;
  status: number;
  body: { id?: string; error?: string };
}

/** A shop and a travel agency on loopback; see demo-service.js. */
export function startDemoService(options?: {
  port?: number;
  heard?: (call: DemoCall) => void;
}): Promise<{ url: string; calls: DemoCall[]; close(): void }>;
