/** A `Content-Type` taken apart, in lower case; `type` is empty when the header is absent or unreadable. */
export interface MediaType {
  readonly type: string;
  readonly charset: string | undefined;
}

const TYPE = /^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/;

export function mediaTypeOf(header: string | undefined): MediaType {
  const [first = '', ...parameters] = (header ?? '').toLowerCase().split(';');
  const type = first.trim();
  const charset = parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith('charset='));
  return {
    type: TYPE.test(type) ? type : '',
    charset: charset?.slice('charset='.length).replaceAll('"', ''),
  };
}

/** `application/json` and every type whose structured syntax is JSON. */
export function isJson(type: string): boolean {
  return type === 'application/json' || (type.startsWith('application/') && type.endsWith('+json'));
}
