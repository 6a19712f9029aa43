import type { INestApplication } from '@nestjs/common';
import { SwaggerModule } from '@nestjs/swagger';
import type { RouteInput } from '../dto-routes.js';
import { apiDocument } from './api-document.js';

/** Without the bar of the tool, which has nothing to say here. */
const CSS = `
  .swagger-ui .topbar { display: none }
  .swagger-ui .info { margin: 30px 0 10px }
  .swagger-ui .info h2 { font-size: 20px; margin: 1.2em 0 0.4em }
  .swagger-ui .info p, .swagger-ui .info li { max-width: 80em }
`;

/**
 * Serves the API document as `/openapi.json` and, for people, at `/docs` with everything it needs on board. It is made when
 * first asked for.
 */
export function serveApiDocument(app: INestApplication, routes: readonly RouteInput[]): void {
  SwaggerModule.setup('docs', app, () => apiDocument(app, routes), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Retrace API',
    customCss: CSS,
    swaggerOptions: {
      deepLinking: true,
      docExpansion: 'list',
      defaultModelRendering: 'example',
      defaultModelExpandDepth: 3,
      defaultModelsExpandDepth: 0,
      displayRequestDuration: true,
      filter: true,
      persistAuthorization: true,
    },
  });
}
