import { isSecretName, maskSecrets } from './mask-secrets.js';

describe('maskSecrets', () => {
  it('masks headers that carry credentials, whatever their spelling', () => {
    const headers = {
      Authorization: 'Bearer abc',
      cookie: 'a=b',
      'Set-Cookie': ['a=b', 'c=d'],
      'Proxy-Authorization': 'Basic x',
      'X-Api-Key': 'k',
      'x-auth-token': 't',
      Accept: 'application/json',
      'Idempotency-Key': 'rt_1',
    };
    expect(maskSecrets(headers)).toEqual({
      Authorization: '***',
      cookie: '***',
      'Set-Cookie': ['***', '***'],
      'Proxy-Authorization': '***',
      'X-Api-Key': '***',
      'x-auth-token': '***',
      Accept: 'application/json',
      'Idempotency-Key': 'rt_1',
    });
  });

  it('masks fields named as secrets at any depth, with all that is in them', () => {
    expect(
      maskSecrets({
        body: {
          user: 'a',
          Password: 'p',
          credentials: { id: 1, deep: ['x', true, null] },
          list: [{ client_secret: 's' }],
        },
      }),
    ).toEqual({
      body: {
        user: 'a',
        Password: '***',
        credentials: { id: '***', deep: ['***', true, null] },
        list: [{ client_secret: '***' }],
      },
    });
  });

  it('masks credentials inside URLs and leaves the rest of the text', () => {
    expect(maskSecrets('go to https://me:pw@host/x?a=1&api_key=abc&token=t#f, now')).toBe(
      'go to https://***@host/x?a=1&api_key=***&token=***#f, now',
    );
    expect(maskSecrets('https://host/users/me@example.com')).toBe('https://host/users/me@example.com');
  });

  it('leaves names that only look alike', () => {
    for (const name of ['maxTokens', 'tokenizer', 'keyboard', 'cookieCount', 'id'])
      expect(isSecretName(name)).toBe(false);
    for (const name of ['apiKey', 'api_key', 'access-token', 'DB_PASSWORD', 'client.secret'])
      expect(isSecretName(name)).toBe(true);
  });

  it('changes nothing of what went in', () => {
    const config = { headers: { authorization: 'a' } };
    maskSecrets(config);
    expect(config).toEqual({ headers: { authorization: 'a' } });
  });
});
