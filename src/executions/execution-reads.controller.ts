import { Controller, Get, Param, Query } from '@nestjs/common';
import type { NodeRecord } from '../engine/journal/record-nodes.js';
import type { Progress } from '../engine/progress/progress.js';
import type { Pagination } from '../http/pagination.js';
import { ListEventsQuery } from './dto/list-events.query.js';
import { ListLogsQuery } from './dto/list-logs.query.js';
import { ListNodesQuery } from './dto/list-nodes.query.js';
import { ExecutionJournal, type EventList, type LogList } from './execution-journal.js';
import { ExecutionReader, type NodeDetail } from './execution-reader.js';

/** The parts of an execution. */
@Controller('executions/:id')
export class ExecutionReadsController {
  constructor(
    private readonly reader: ExecutionReader,
    private readonly journal: ExecutionJournal,
  ) {}

  @Get('progress')
  progress(@Param('id') id: string): Promise<{ executionId: string } & Progress> {
    return this.reader.progress(id);
  }

  @Get('logs')
  logs(@Param('id') id: string, @Query() query: ListLogsQuery): Promise<LogList> {
    return this.journal.logs(id, query);
  }

  @Get('events')
  events(@Param('id') id: string, @Query() query: ListEventsQuery): Promise<EventList> {
    return this.journal.events(id, query);
  }

  @Get('nodes')
  nodes(
    @Param('id') id: string,
    @Query() query: ListNodesQuery,
  ): Promise<{ executionId: string; nodes: NodeRecord[]; pagination: Pagination }> {
    return this.reader.nodes(id, query);
  }

  @Get('nodes/:nodeId')
  node(@Param('id') id: string, @Param('nodeId') nodeId: string): Promise<NodeDetail> {
    return this.reader.node(id, nodeId);
  }
}
