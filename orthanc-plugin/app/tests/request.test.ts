import { expect, test } from 'vitest';
import { sentenceOf } from '../src/api/http';
import { noWishes, requestOf } from '../src/measure/request';
import { routeOf } from '../src/shell/route';

test('what is not asked for is not in the body', () => {
  expect(requestOf(noWishes('ja'))).toEqual({ Language: 'ja' });
  expect(requestOf({
    ...noWishes('en'), measurements: ['muscle'], labels: 'model:a:b', passes: '0', calibration: 'stored:ct1', heightCentimeters: '162,5',
    weightKilograms: '58', side: 'left', magnification: '1.15',
  })).toEqual({
    Measurements: ['muscle'], Segmentation: { Model: 'a:b', Passes: 0 }, Calibration: { Method: 'stored', Id: 'ct1' },
    Patient: { HeightMeters: 1.625, WeightKilograms: 58 }, HipXray: { Side: 'left', Magnification: 1.15 }, Language: 'en',
  });
  // Labels that are there need no passes of a network.
  expect(requestOf({ ...noWishes('en'), labels: 'series:1-2', passes: '5' }).Segmentation).toEqual({ Series: '1-2' });
});

test('an address leads only to identifiers of Orthanc', () => {
  const id = 'a0991997-d915879d-335612b1-9338c9d9-5359d5ef';
  expect(routeOf(`#/studies/${id}`)).toEqual({ page: 'result', resource: { kind: 'studies', id } });
  expect(['', '#/queue', '#/studies/../../system', `#/studies/${id}/x`, '#/series/<img>'].map((hash) => routeOf(hash).page))
    .toEqual(['studies', 'queue', 'unknown', 'unknown', 'unknown']);
});

test('an error of Orthanc gives its most telling sentence', () => {
  expect([sentenceOf('{"Message":"m","Details":"d"}'), sentenceOf('{"Message":"m"}'), sentenceOf('<html>'), sentenceOf('null'), sentenceOf('{"Details":1}')])
    .toEqual(['d', 'm', '', '', '']);
});
