import { describe, expect, test } from 'vitest';
import { type Lookup, resolve } from '../../../cdk/local/intrinsics.ts';

const lookup: Lookup = (name, attribute) =>
  ({ Queue: 'http://queue', 'Queue.Arn': 'arn:queue', 'AWS::Region': 'eu-central-1' })[
    attribute ? `${name}.${attribute}` : name
  ];

describe('resolve', () => {
  test.each<[string, unknown, unknown]>([
    ['leaves plain values', { a: [1, 'x', true] }, { a: [1, 'x', true] }],
    ['Ref', { Ref: 'Queue' }, 'http://queue'],
    ['Fn::GetAtt as a list', { 'Fn::GetAtt': ['Queue', 'Arn'] }, 'arn:queue'],
    ['Fn::GetAtt as a text', { 'Fn::GetAtt': 'Queue.Arn' }, 'arn:queue'],
    ['Fn::Join around others', { 'Fn::Join': ['-', ['a', { Ref: 'Queue' }]] }, 'a-http://queue'],
    [
      'Fn::Sub',
      { 'Fn::Sub': '${AWS::Region}/${Queue.Arn}/${!literal}' },
      'eu-central-1/arn:queue/${literal}',
    ],
    ['Fn::Sub with values of its own', { 'Fn::Sub': ['${x}', { x: { Ref: 'Queue' } }] }, 'http://queue'],
    ['Fn::Select of Fn::Split', { 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b'] }] }, 'b'],
    ['AWS::NoValue drops its member', { a: 1, b: { Ref: 'AWS::NoValue' } }, { a: 1 }],
  ])('%s', (_, value, expected) => {
    expect(resolve(value, lookup)).toEqual(expected);
  });

  test('refuses functions it cannot resolve, by name', () => {
    expect(() => resolve({ 'Fn::ImportValue': 'x' }, lookup)).toThrow('Fn::ImportValue');
  });

  test('refuses references to what nobody knows, by name', () => {
    expect(() => resolve({ 'Fn::GetAtt': ['Queue', 'Colour'] }, lookup)).toThrow('Queue.Colour');
  });
});
