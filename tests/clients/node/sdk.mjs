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

  // One step after the other, each a list: what to do, and with what; what each of them answered.
  async secrets(sdk, { clientId, clientSecret, projectId, environment, path, steps }) {
    const client = await sdk.auth().universalAuth.login({ clientId, clientSecret });
    const place = { projectId, environment };
    const at = { ...place, secretPath: path };
    const secrets = client.secrets();
    const told = ({ id, secretKey, secretValue, version, secretComment }) =>
      ({ id, secretKey, secretValue, version, secretComment });
    const verbs = {
      folder: async (name) => (await client.folders().create({ name, path: "/", ...place })).name,
      folders: async () => (await client.folders().listFolders({ path: "/", ...place })).map(({ name }) => name),
      create: async (name, secretValue) => told((await secrets.createSecret(name, { secretValue, ...at })).secret),
      change: async (name, secretValue) => told((await secrets.updateSecret(name, { secretValue, ...at })).secret),
      rename: async (name, newSecretName) => told((await secrets.updateSecret(name, { newSecretName, ...at })).secret),
      delete: async (name) => told((await secrets.deleteSecret(name, at)).secret),
      get: async (secretName) => told(await secrets.getSecret({ secretName, ...at })),
      list: async () => (await secrets.listSecretsWithImports({ ...at, expandSecretReferences: true })).map(told),
    };
    const answers = [];
    for (const [verb, ...values] of steps) answers.push(await verbs[verb](...values));
    return answers;
  },
};

const [action, wishes] = process.argv.slice(2);
const parsed = JSON.parse(wishes);
const sdk = new InfisicalSDK({ siteUrl: parsed.host });
console.log(JSON.stringify(await actions[action](sdk, parsed)));
