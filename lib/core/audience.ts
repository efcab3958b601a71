import type { Route } from './catalog.ts';
import { type RouteMatch, matchesOf } from './route-match.ts';

/** Which routes hear of something together is up to whoever posts it: so many are remembered, of so few routes each. */
const MAX_REMEMBERED = 1_000;
const MAX_TOGETHER = 8;

/**
 * The routes that hear an event, in their order. Most events are heard by the same few: those who hear together are
 * mostly one object, which knows what they answer.
 */
export class Audience {
  readonly #size: number;
  readonly #before: Audience | undefined;
  readonly #last: Route | undefined;
  readonly #room: { left: number };
  #more: Map<number, Audience> | undefined;
  #routes: readonly Route[] | undefined;
  #answer: readonly RouteMatch[] | undefined;

  /** Nobody, or others and one more route. */
  constructor(before?: Audience, last?: Route) {
    this.#size = before ? before.#size + 1 : 0;
    this.#before = before;
    this.#last = last;
    this.#room = before ? before.#room : { left: MAX_REMEMBERED };
  }

  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** With one more route, which stands at this position of their list. */
  with(route: Route, position: number): Audience {
    const known = this.#more?.get(position);
    if (known !== undefined) return known;
    const more = new Audience(this, route);
    // Those of one route are no more than there are routes.
    if (this.isEmpty || (this.#size < MAX_TOGETHER && this.#room.left-- > 0)) {
      this.#more ??= new Map();
      this.#more.set(position, more);
    }
    return more;
  }

  get routes(): readonly Route[] {
    this.#routes ??= Audience.#listOf(this);
    return this.#routes;
  }

  /** What they ask for when none of them is mute. */
  get answer(): readonly RouteMatch[] {
    this.#answer ??= matchesOf(this.routes, []);
    return this.#answer;
  }

  static #listOf(audience: Audience): Route[] {
    const routes: Route[] = [];
    let one: Audience | undefined = audience;
    for (; one !== undefined && one.#last !== undefined; one = one.#before) routes.push(one.#last);
    return routes.toReversed();
  }
}
