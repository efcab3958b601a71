import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { bundle } from './bundle.ts';
import { readSettings } from './settings.ts';
import { FanfareStack } from './stack.ts';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
const settings = readSettings(app.node);
// Bundles that lie elsewhere are taken as they are.
if (settings.codeRoot === 'dist') await bundle({ sampled: settings.sampling !== undefined });
new FanfareStack(app, settings);
