import { describe, expect, it } from 'vitest';
import { parseJson, QmpSession, type QmpSessionOptions, type SessionMessage } from '../src/index.js';
import { GREETING } from './support/fake-monitor.js';
import { Random } from './support/random.js';
import { readTranscript, type Turn } from './support/transcript.js';

const encoder = new TextEncoder();

describe.each(['source', 'destination'] as const)('a recorded %s', (side) => {
  const turns = readTranscript(side);
  const whole = replay(turns, (bytes) => [bytes]);

  it('gives every event of the recording, in order', () => {
    const recorded = qemuLines(turns).filter((line) => 'event' in line);
    const events = whole.flatMap((message) => (message.type === 'event' ? [message.event] : []));
    expect(events.map(({ event, timestamp }) => ({ event, timestamp }))).toEqual(
      recorded.map(({ event, timestamp }) => ({ event, timestamp })),
    );
    expect(events.length).toBeGreaterThan(4);
  });

  it('gives every answer to its command', () => {
    const sent = turns.filter((turn) => turn.from === 'client').flatMap((turn) => lines(turn.text));
    const answers = whole.filter((message) => message.type === 'reply' || message.type === 'refusal');
    const recorded = qemuLines(turns).filter((line) => 'id' in line && line['id'] !== 1);
    expect(answers).toEqual(
      recorded.map((line) => {
        const command = sent.find((command) => command['id'] === line['id'])?.['execute'];
        if ('error' in line) return { type: 'refusal', id: line['id'], command, error: line['error'] };
        return { type: 'reply', id: line['id'], command, value: line['return'] };
      }),
    );
  });

  it('is read the same when it comes byte by byte', () => {
    expect(replay(turns, (bytes) => [...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  it.each(Array.from({ length: 50 }, (_, seed) => seed))(
    'is read the same when cut at random, seed %i',
    (seed) => {
      const random = new Random(seed);
      const cut = (bytes: Uint8Array): Uint8Array[] => {
        const parts: Uint8Array[] = [];
        for (let start = 0; start < bytes.length; ) {
          const end = start + 1 + random.next(bytes.length - start);
          parts.push(bytes.subarray(start, end));
          start = end;
        }
        return parts;
      };
      expect(replay(turns, cut)).toEqual(whole);
    },
  );
});

it('tells the version of the greeting', () => {
  const [greeting] = messagesOf(new QmpSession(), GREETING);
  expect(greeting).toEqual({
    type: 'greeting',
    greeting: { version: { qemu: { major: 10, minor: 0, micro: 2 }, package: '' }, capabilities: ['oob'] },
  });
});

it('keeps the largest 64-bit integers to the last digit', () => {
  const limits = replay(readTranscript('source'), (bytes) => [bytes]).flatMap((message) =>
    message.type === 'reply' && message.command === 'query-migrate-parameters' ? [message.value] : [],
  );
  expect(limits).toEqual([
    expect.objectContaining({ 'max-bandwidth': 9223372036854775807n, 'downtime-limit': 300 }),
  ]);
});

it('matches answers by id, not by order', () => {
  const session = readySession();
  session.execute('stop');
  session.execute('query-status');
  expect(messagesOf(session, '{"return": "second", "id": 3}\r\n{"return": "first", "id": 2}\r\n')).toEqual([
    { type: 'reply', id: 3, command: 'query-status', value: 'second' },
    { type: 'reply', id: 2, command: 'stop', value: 'first' },
  ]);
});

it('drops the answer to a command that was forgotten', () => {
  const session = readySession();
  session.forget(session.execute('stop'));
  expect(messagesOf(session, '{"return": {}, "id": 2}\r\n')).toEqual([]);
});

it('joins a character that two reads share', () => {
  const session = readySession();
  session.execute('query-name');
  const bytes = encoder.encode('{"return": {"name": "d\u00fcne \u{1f6a2}"}, "id": 2}\n');
  for (const byte of bytes) session.handleBytes(Uint8Array.of(byte));
  expect(session.pollMessage()).toMatchObject({ value: { name: 'd\u00fcne \u{1f6a2}' } });
});

it('puts commands that are queued together into one output', () => {
  const session = readySession();
  session.execute('stop');
  session.execute('cont', { a: 1 });
  expect(session.pollOutput()).toBe(
    '{"execute":"stop","id":2}\n{"execute":"cont","arguments":{"a":1},"id":3}\n',
  );
  expect(session.pollOutput()).toBe('');
});

it('refuses commands before it is ready', () => {
  expect(() => new QmpSession().execute('stop')).toThrow(expect.objectContaining({ code: 'QMP_HANDSHAKE' }));
});

it('refuses commands after it has failed', () => {
  const session = readySession();
  messagesOf(session, 'garbage\n');
  expect(() => session.execute('stop')).toThrow(expect.objectContaining({ code: 'QMP_CLOSED' }));
});

it('does not copy what the caller does to its buffer afterwards', () => {
  const session = readySession();
  session.execute('stop');
  const first = encoder.encode('{"return": {"a"');
  session.handleBytes(first);
  first.fill(0);
  expect(messagesOf(session, ': 1}, "id": 2}\n')).toMatchObject([{ value: { a: 1 } }]);
});

describe('a broken peer', () => {
  it.each([
    ['no JSON', 'hello\n'],
    ['no object', '[1]\n'],
    ['neither reply nor event', '{"id": 1}\n'],
    ['an answer that nobody asked for', '{"return": {}, "id": 99}\n'],
    ['an answer without id', '{"return": {}}\n'],
    ['an error without id', '{"error": {"class": "GenericError", "desc": "Invalid JSON syntax"}}\n'],
    ['an error without description', '{"error": {"class": "GenericError"}, "id": 1}\n'],
    ['an event without timestamp', '{"event": "STOP"}\n'],
    [
      'an event whose data are no object',
      '{"event": "STOP", "data": 1, "timestamp": {"seconds": 1, "microseconds": 1}}\n',
    ],
    [
      'nesting beyond all measure',
      `{"return": ${'['.repeat(1e5)}12345678901234567890${']'.repeat(1e5)}, "id": 1}\n`,
    ],
  ])('ends the session: %s', (_what, text) => {
    const messages = messagesOf(readySession(), `${text}{"return": {}, "id": 1}\n`);
    expect(messages).toEqual([{ type: 'failed', error: expect.objectContaining({ code: 'QMP_PROTOCOL' }) }]);
  });

  it('ends the session with bytes that are not UTF-8', () => {
    const session = readySession();
    session.execute('query-name');
    session.handleBytes(encoder.encode('{"return": "'));
    session.handleBytes(Uint8Array.of(0xff));
    session.handleBytes(encoder.encode('", "id": 2}\n'));
    expect(session.pollMessage()).toMatchObject({ type: 'failed', error: { code: 'QMP_PROTOCOL' } });
  });

  it('delivers what came before the garbage', () => {
    const session = readySession();
    session.execute('stop');
    const messages = messagesOf(session, '{"return": {}, "id": 2}\ngarbage\n');
    expect(messages.map((message) => message.type)).toEqual(['reply', 'failed']);
  });

  it('may not send a line without end', () => {
    const session = readySession({ maxLineBytes: 200 });
    expect(messagesOf(session, ' '.repeat(200))).toEqual([]);
    expect(messagesOf(session, ' ')).toMatchObject([{ type: 'failed', error: { code: 'QMP_PROTOCOL' } }]);
  });

  it.each([
    ['a human monitor', "QEMU 10.0.2 monitor - type 'help' for more information\r\n(qemu) "],
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n'],
    ['an object that is no greeting', '{"return": {}}\n'],
    ['a greeting without version', '{"QMP": {}}\n'],
    ['a greeting whose version has no numbers', '{"QMP": {"version": {"qemu": {"major": "10"}}}}\n'],
  ])('is told from QMP by its first line: %s', (_what, text) => {
    expect(messagesOf(new QmpSession(), text)).toMatchObject([
      { type: 'failed', error: { code: 'QMP_HANDSHAKE' } },
    ]);
  });

  it('may refuse the negotiation', () => {
    const session = new QmpSession();
    const refusal = '{"error": {"class": "GenericError", "desc": "no"}, "id": 1}\n';
    expect(messagesOf(session, GREETING + refusal).at(-1)).toMatchObject({
      type: 'failed',
      error: { code: 'QMP_HANDSHAKE', command: 'qmp_capabilities', description: 'no' },
    });
  });
});

function readySession(options?: QmpSessionOptions): QmpSession {
  const session = new QmpSession(options);
  const messages = messagesOf(session, `${GREETING}{"return": {}, "id": 1}\r\n`);
  expect(messages.map((message) => message.type)).toEqual(['greeting', 'ready']);
  session.pollOutput();
  return session;
}

function messagesOf(session: QmpSession, text: string): SessionMessage[] {
  session.handleBytes(encoder.encode(text));
  return drain(session);
}

function drain(session: QmpSession): SessionMessage[] {
  const messages: SessionMessage[] = [];
  for (let message = session.pollMessage(); message !== undefined; message = session.pollMessage()) {
    messages.push(message);
  }
  return messages;
}

/** Plays QEMU's turns to a session and has it send the client's, which must be the recorded bytes. */
function replay(turns: readonly Turn[], cut: (bytes: Uint8Array) => readonly Uint8Array[]): SessionMessage[] {
  const session = new QmpSession();
  const messages: SessionMessage[] = [];
  for (const { from, text } of turns) {
    if (from === 'qemu') {
      for (const part of cut(encoder.encode(text))) session.handleBytes(part);
      messages.push(...drain(session));
      continue;
    }
    for (const command of lines(text)) {
      if (command['execute'] === 'qmp_capabilities') continue;
      session.execute(String(command['execute']), command['arguments'] as object | undefined);
    }
    expect(session.pollOutput()).toBe(text);
  }
  return messages;
}

function qemuLines(turns: readonly Turn[]): Record<string, unknown>[] {
  return lines(
    turns
      .filter((turn) => turn.from === 'qemu')
      .map((turn) => turn.text)
      .join(''),
  );
}

function lines(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => parseJson(line) as Record<string, unknown>);
}
