// The expressions of bench/expressions.py in JavaScript: evaluations a second, one line an expression.
import {readFileSync} from 'node:fs';
import {Environment} from '@marcbachmann/cel-js';

const world = JSON.parse(readFileSync(process.argv[2], 'utf8'), (key, value) => (Number.isInteger(value) ? BigInt(value) : value));
const names = {tag: world.tag, tags: world.tags, now: new Date(world.now)};
const environment = new Environment().registerVariable('tag', 'map').registerVariable('tags', 'list').registerVariable('now', 'google.protobuf.Timestamp');

function used() {
  const {user, system} = process.cpuUsage();
  return (user + system) / 1e6;
}

function rate(evaluate) {
  const began = used();
  let count = 0;
  let passed = 0;
  do {
    for (let each = 0; each < 100; each += 1) evaluate(names);
    count += 100;
    passed = used() - began;
  } while (passed < 0.01);
  return count / passed;
}

for (const [name, text] of Object.entries(world.expressions)) {
  const evaluate = environment.parse(text);
  let best = 0;
  for (let round = 0; round < 60; round += 1) best = Math.max(best, rate(evaluate));
  console.log(name, Math.round(best));
}
