import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CfnStage,
  DomainName,
  HttpApi as Api,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Settings } from '../settings.ts';

/** Routes of the ingest function; everything else is the management API's, 404 included. */
const INGEST_ROUTES = [
  [HttpMethod.POST, '/v1/events'],
  [HttpMethod.OPTIONS, '/v1/events'],
  [HttpMethod.POST, '/v1/hooks/{source}'],
  [HttpMethod.POST, '/v1/hooks/{source}/{hookId}'],
  [HttpMethod.POST, '/v1/heartbeats/{id}'],
  [HttpMethod.POST, '/webhook'],
  [HttpMethod.POST, '/api/v2/alerts'],
] as const;

/** Alertmanager drops what is answered with 429, so alert routes get the default quota of an account; and a beat that is refused is missed. */
const ACCOUNT_MAXIMUM = { ThrottlingRateLimit: 10_000, ThrottlingBurstLimit: 5_000 };
const isAlertRoute = (path: string): boolean => !path.startsWith('/v1/events');

/** Route, never path or query: a hook's path holds its secret id. */
const ACCESS_LOG = {
  requestId: '$context.requestId',
  at: '$context.requestTimeEpoch',
  ip: '$context.identity.sourceIp',
  route: '$context.routeKey',
  status: '$context.status',
  bytes: '$context.responseLength',
  ms: '$context.responseLatency',
  error: '$context.error.message',
  integrationError: '$context.integrationErrorMessage',
};

/** The API and its stage. Routes are added once the functions exist, which know the API's URL. */
export class HttpApi extends Construct {
  readonly api: Api;
  readonly stage: HttpStage;
  /** Base URL without a trailing slash. */
  readonly url: string;
  /** Name that the DNS record of the own domain has to point at. */
  readonly domainTarget: string | undefined;

  constructor(scope: Construct, id: string, name: string, settings: Settings) {
    super(scope, id);
    this.api = new Api(this, 'Api', {
      apiName: name,
      createDefaultStage: false,
      disableExecuteApiEndpoint: settings.domain !== undefined,
    });
    const log = new LogGroup(this, 'AccessLog', {
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const domain = settings.domain && this.domainName(settings.domain);
    this.stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: settings.throttle.rate, burstLimit: settings.throttle.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(log),
        format: AccessLogFormat.custom(JSON.stringify(ACCESS_LOG)),
      },
      ...(domain && { domainMapping: { domainName: domain } }),
    });
    this.domainTarget = domain?.regionalDomainName;
    this.url = settings.domain ? `https://${settings.domain.name}` : this.api.apiEndpoint;
  }

  /** Wires the routes to the two functions that answer them. */
  route(ingest: IFunction, manage: IFunction): void {
    const toIngest = integration('Ingest', ingest);
    const routes = INGEST_ROUTES.map(([method, path]) => {
      const route = new HttpRoute(this, `${method}${path}`, {
        httpApi: this.api,
        routeKey: HttpRouteKey.with(path, method),
        integration: toIngest,
      });
      return { key: `${method} ${path}`, path, route };
    });
    new HttpRoute(this, 'Default', {
      httpApi: this.api,
      routeKey: HttpRouteKey.DEFAULT,
      // `$default` calls as <api>/<stage>/$default, one part less than the unscoped permission's */*/* wants.
      integration: new HttpLambdaIntegration('Manage', manage),
    });
    const alertRoutes = routes.filter(({ path }) => isAlertRoute(path));
    const stage = this.stage.node.defaultChild;
    if (!(stage instanceof CfnStage)) throw new Error('there is no CfnStage behind the stage');
    stage.routeSettings = Object.fromEntries(alertRoutes.map(({ key }) => [key, ACCOUNT_MAXIMUM]));
    // Settings of a route that does not exist yet fail the deployment.
    stage.node.addDependency(...alertRoutes.map(({ route }) => route));
  }

  private domainName({ name, certificateArn }: { name: string; certificateArn: string }): DomainName {
    const certificate = Certificate.fromCertificateArn(this, 'Certificate', certificateArn);
    return new DomainName(this, 'Domain', { domainName: name, certificate });
  }
}

function integration(id: string, target: IFunction): HttpLambdaIntegration {
  return new HttpLambdaIntegration(id, target, { scopePermissionToRoute: false });
}
