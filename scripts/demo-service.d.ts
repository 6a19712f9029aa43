/** One request that the shop has received, and how it answered. */
export interface ShopCall {
  method: string;
  path: string;
  status: number;
}

/** A small shop on loopback; see demo-service.js. */
export function startDemoService(): Promise<{ url: string; calls: ShopCall[]; close(): void }>;
