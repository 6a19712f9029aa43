import { Controller, Get, Header } from '@nestjs/common';
import { Registry } from 'prom-client';
import { RawAnswer } from '../http/envelope.js';
import { Operation } from '../http/openapi/operation.js';
import { getMetrics } from './openapi/metrics.operation.js';
import { PrometheusMetrics } from './prometheus-metrics.js';

/** For Prometheus, which asks every few seconds. */
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: PrometheusMetrics) {}

  @Get()
  @Operation(getMetrics)
  @RawAnswer()
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  read(): Promise<string> {
    return this.metrics.text();
  }
}
