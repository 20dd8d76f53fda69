// The faults the panel offers: plain words, what they do, and the rule the world is given.

// What is matched is "METHOD path", see playground/faults.py.
const PASSES = 'POST .*temporaryAccessPassMethods';
const PROTECTION = '/identityProtection/';
const PERSON = 'PATCH /graph/v1.0/users/';
const METHOD = 'DELETE .*/authentication/';

export const FAULTS = [
  ['Graph is slow', 'every answer takes 5 seconds', { where: 'graph', kind: 'slow', seconds: 5 }],
  ['Graph is busy', '3 × 429 with Retry-After', { where: 'graph', kind: 'throttle', seconds: 2, times: 3 }],
  ['Graph is busy and says nothing more', '3 × 429 without Retry-After', { where: 'graph', kind: 'throttle_bare', times: 3 }],
  ['Graph is down', '503 until cleared', { where: 'graph', kind: 'unavailable' }],
  ['The pass is made, its answer gets lost', 'once; the bot cannot know whether it exists', { where: 'graph', match: PASSES, kind: 'lost', times: 1 }],
  ['Graph refuses to make a pass', 'once, 403', { where: 'graph', match: PASSES, kind: 'error', status: 403, times: 1 }],
  ['Identity Protection is out of turns', '3 × 429 without Retry-After', { where: 'graph', match: PROTECTION, kind: 'throttle_bare', times: 3 }],
  ['A risk is dismissed, the answer gets lost', 'once; the bot cannot know whether it was', { where: 'graph', match: 'POST .*riskyUsers/dismiss', kind: 'lost', times: 1 }],
  ['A password is set, the answer gets lost', 'once; the bot cannot know which one holds', { where: 'graph', match: PERSON, kind: 'lost', times: 1 }],
  ['A sign-in method is removed, the answer gets lost', 'once; the bot has to look again', { where: 'graph', match: METHOD, kind: 'lost', times: 1 }],
  ['Graph refuses to remove a sign-in method', 'once, 403', { where: 'graph', match: METHOD, kind: 'error', status: 403, times: 1 }],
  ['Entra is down', '503 until cleared', { where: 'entra', kind: 'unavailable' }],
  ['Entra is slow', 'every answer takes 5 seconds', { where: 'entra', kind: 'slow', seconds: 5 }],
  ['Teams takes no messages', '503 from the connector until cleared', { where: 'connector', kind: 'unavailable' }],
  ['Teams says too many requests', '3 × 429 from the connector', { where: 'connector', kind: 'throttle', seconds: 2, times: 3 }],
  ['Teams posts, its answer gets lost', 'once; the bot does not learn the message id', { where: 'connector', match: 'POST', kind: 'lost', times: 1 }],
  ['Teams delivers everything twice', 'until cleared', { where: 'teams', kind: 'duplicate' }],
  ['The bot’s answers to Teams get lost', 'the next 2; Teams sends again', { where: 'teams', kind: 'lost', times: 2 }],
  ['Teams does not reach the bot', 'until cleared', { where: 'teams', kind: 'unavailable' }],
];
