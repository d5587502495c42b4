import assert from 'node:assert/strict';
import { it } from 'node:test';
import { documentText } from '../../src/embedding/document-text.js';

it('joins title and abstract as the reference vectors do', () => {
  assert.equal(documentText('A title', 'An abstract.'), 'A title. An abstract.');
  assert.equal(documentText('Why?', 'Because.'), 'Why?. Because.');
});

it('is the title alone where there is no abstract', () => {
  assert.equal(documentText('A title', ''), 'A title');
});

it('follows a template, and takes nothing in the fields for one', () => {
  assert.equal(documentText('T', 'A', 'title: {title} | text: {abstract}'), 'title: T | text: A');
  assert.equal(documentText("{abstract} $& $' {title}", '{title}'), "{abstract} $& $' {title}. {title}");
});
