// What Infisical's own Node SDK does against a running system, unmodified.
//
// usage: node sdk.mjs ACTION WISHES
//
// WISHES is a JSON object with `host` and what the action needs; the answer is JSON on standard output. AWS credentials
// come from the environment, where the SDK looks for them.

import { InfisicalSDK } from "@infisical/sdk";

const actions = {
  async universal(sdk, { clientId, clientSecret, projectName }) {
    const auth = sdk.auth();
    const client = await auth.universalAuth.login({ clientId, clientSecret });
    const project = await client.projects().create({ projectName, type: "secret-manager", slug: projectName });
    const environment = await client
      .environments()
      .create({ name: "Quality assurance", slug: "qa", projectId: project.id, position: 2 });
    const renewed = await client.auth().universalAuth.renew();
    return { project, environment, renewed: renewed.auth().getAccessToken() };
  },

  async refused(sdk, { clientId }) {
    try {
      await sdk.auth().universalAuth.login({ clientId, clientSecret: "not-the-secret" });
    } catch (refusal) {
      return { name: refusal.name, message: refusal.message };
    }
    throw new Error("a wrong client secret was let in");
  },

  async aws(sdk, { identityId }) {
    const client = await sdk.auth().awsIamAuth.login({ identityId });
    const renewed = await client.auth().awsIamAuth.renew();
    return { accessToken: client.auth().getAccessToken(), renewed: renewed.auth().getAccessToken() };
  },
};

const [action, wishes] = process.argv.slice(2);
const parsed = JSON.parse(wishes);
const sdk = new InfisicalSDK({ siteUrl: parsed.host });
console.log(JSON.stringify(await actions[action](sdk, parsed)));
