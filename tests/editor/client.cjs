// An editor without a window: speaks to a language server by the libraries that VS Code uses, and does what it is told in lines of JSON.
'use strict';
const { spawn } = require('child_process');
const readline = require('readline');
const protocol = require('vscode-languageserver-protocol/node');
const { TextDocument } = require('vscode-languageserver-textdocument');

const [program, ...words] = process.argv.slice(2);
const server = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
const connection = protocol.createProtocolConnection(
  new protocol.StreamMessageReader(server.stdout), new protocol.StreamMessageWriter(server.stdin));

const diagnostics = new Map(); // by address: {version, diagnostics}
const texts = new Map();
let settings = {};
let waiting = [];

const require_shape = (holds, what, value) => {
  if (!holds) throw new Error(`this is no ${what}: ${JSON.stringify(value)}`);
  return value;
};
const each = (is, what) => (list) => list.map((one) => require_shape(is(one), what, one));
const is_completion = (one) => typeof one.label === 'string' && (one.textEdit === undefined || protocol.TextEdit.is(one.textEdit) || protocol.InsertReplaceEdit.is(one.textEdit));
const unless_null = (check) => (value) => (value === null ? null : check(value));
const shapes = {
  'textDocument/completion': unless_null((found) => each(is_completion, 'completion')(Array.isArray(found) ? found : found.items) && found),
  'textDocument/hover': unless_null((found) => require_shape(protocol.Hover.is(found), 'hover', found)),
  'textDocument/definition': unless_null((found) => require_shape(protocol.Location.is(found), 'location', found)),
  'textDocument/references': unless_null(each(protocol.Location.is, 'location')),
  'textDocument/prepareRename': unless_null((found) => require_shape(protocol.Range.is(found), 'range', found)),
  'textDocument/rename': unless_null((found) => require_shape(protocol.WorkspaceEdit.is(found), 'edit', found)),
  'textDocument/documentSymbol': unless_null(each(protocol.DocumentSymbol.is, 'symbol')),
  'textDocument/formatting': unless_null(each(protocol.TextEdit.is, 'edit')),
  'textDocument/codeAction': unless_null(each(protocol.CodeAction.is, 'action')),
};

connection.onNotification(protocol.PublishDiagnosticsNotification.type, (params) => {
  each(protocol.Diagnostic.is, 'diagnostic')(params.diagnostics);
  diagnostics.set(params.uri, params);
  waiting = waiting.filter((one) => !one());
});
connection.onRequest(protocol.ConfigurationRequest.type, (params) => params.items.map((item) => settings[item.section] ?? null));
connection.onRequest(protocol.RegistrationRequest.type, () => null);
connection.listen();

const ended = new Promise((resolve) => server.on('exit', resolve));
const jobs = {
  settings: async ({ value }) => { settings = value; },
  request: async ({ method, params }) => (shapes[method] ?? ((found) => found))(await connection.sendRequest(method, params)),
  notify: async ({ method, params }) => {
    if (method === 'textDocument/didOpen') texts.set(params.textDocument.uri, TextDocument.create(params.textDocument.uri, 'yaml', params.textDocument.version, params.textDocument.text));
    if (method === 'textDocument/didChange') TextDocument.update(texts.get(params.textDocument.uri), params.contentChanges, params.textDocument.version);
    await connection.sendNotification(method, params);
  },
  // The findings of this version of the text, or of a later one.
  findings: ({ uri, version }) => new Promise((resolve) => {
    const there = () => {
      const known = diagnostics.get(uri);
      const good = known !== undefined && (version === undefined || known.version === undefined || known.version >= version);
      if (good) resolve(known.diagnostics);
      return good;
    };
    if (!there()) waiting.push(there);
  }),
  // The open text with these edits.
  edited: async ({ uri, edits }) => TextDocument.applyEdits(texts.get(uri), edits),
  ended: () => ended,
};

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const job = JSON.parse(line);
    let answer;
    try {
      answer = { result: (await jobs[job.do](job)) ?? null };
    } catch (failure) {
      answer = { error: { code: failure.code ?? null, message: failure.message } };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
  server.kill();
  process.exit(0);
})();
