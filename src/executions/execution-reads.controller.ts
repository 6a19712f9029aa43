import { Controller, Get, Param, Query } from '@nestjs/common';
import type { JsonObject } from '../engine/json.js';
import type { NodeRecord } from '../engine/journal/record-nodes.js';
import type { Progress } from '../engine/progress/progress.js';
import type { Pagination } from '../http/pagination.js';
import { ListEventsQuery } from './dto/list-events.query.js';
import { ListLogsQuery } from './dto/list-logs.query.js';
import { ListMetricsQuery } from './dto/list-metrics.query.js';
import { ListNodesQuery } from './dto/list-nodes.query.js';
import { ExecutionDefinition } from './execution-definition.js';
import { ExecutionExplainer, type ExecutionExplanation } from './execution-explainer.js';
import { ExecutionJournal, type EventList, type LogList } from './execution-journal.js';
import { ExecutionMetrics, type MetricList } from './execution-metrics.js';
import { ExecutionReader, type NodeDetail } from './execution-reader.js';
import { ShowsCursor } from '../http/cursor-header.js';
import { Operation } from '../http/openapi/operation.js';
import * as operations from './openapi/execution-reads.operations.js';

/** The parts of an execution. */
@Controller('executions/:id')
export class ExecutionReadsController {
  constructor(
    private readonly reader: ExecutionReader,
    private readonly journal: ExecutionJournal,
    private readonly definition: ExecutionDefinition,
    private readonly explainer: ExecutionExplainer,
    private readonly measured: ExecutionMetrics,
  ) {}

  @Get('workflow')
  @Operation(operations.getExecutedWorkflow)
  workflow(@Param('id') id: string): Promise<JsonObject> {
    return this.definition.get(id);
  }

  @Get('progress')
  @Operation(operations.getProgress)
  @ShowsCursor()
  progress(@Param('id') id: string): Promise<{ executionId: string } & Progress> {
    return this.reader.progress(id);
  }

  @Get('explain')
  @Operation(operations.explainExecution)
  @ShowsCursor()
  explain(@Param('id') id: string): Promise<ExecutionExplanation> {
    return this.explainer.explain(id);
  }

  @Get('logs')
  @Operation(operations.listLogs)
  @ShowsCursor()
  logs(@Param('id') id: string, @Query() query: ListLogsQuery): Promise<LogList> {
    return this.journal.logs(id, query);
  }

  @Get('events')
  @Operation(operations.listEvents)
  @ShowsCursor()
  events(@Param('id') id: string, @Query() query: ListEventsQuery): Promise<EventList> {
    return this.journal.events(id, query);
  }

  @Get('metrics')
  @Operation(operations.listMetrics)
  @ShowsCursor()
  metrics(@Param('id') id: string, @Query() query: ListMetricsQuery): Promise<MetricList> {
    return this.measured.list(id, query);
  }

  @Get('nodes')
  @Operation(operations.listExecutionNodes)
  @ShowsCursor()
  nodes(
    @Param('id') id: string,
    @Query() query: ListNodesQuery,
  ): Promise<{ executionId: string; nodes: NodeRecord[]; pagination: Pagination }> {
    return this.reader.nodes(id, query);
  }

  @Get('nodes/:nodeId')
  @Operation(operations.getExecutionNode)
  @ShowsCursor()
  node(@Param('id') id: string, @Param('nodeId') nodeId: string): Promise<NodeDetail> {
    return this.reader.node(id, nodeId);
  }
}
