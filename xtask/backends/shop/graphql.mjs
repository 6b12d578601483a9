// One GraphQL endpoint with two queries and a mutation, told apart by the operation's name.

import { problem, route } from './http.mjs';

export function graphqlRoutes(store) {
  const operations = {
    ProductList: () => ({ products: store.products.map(({ id, name, price }) => ({ __typename: 'Product', id, name, price })) }),
    ProductById: ({ id }) => {
      const product = store.products.find((product) => product.id === Number(id));
      return { product: product ? { __typename: 'Product', id: product.id, name: product.name, reviews: store.reviews.filter(({ productId }) => productId === product.id) } : null };
    },
    AddReview: ({ productId, stars, text }) => {
      const review = { __typename: 'Review', id: store.reviews.length + 1, productId, stars, text };
      store.reviews.push(review);
      return { addReview: review };
    },
  };
  const resultOf = ({ operationName, variables = {} }) => {
    const run = operations[operationName];
    return run ? { data: run(variables) } : { errors: [{ message: `Unknown operation named "${operationName}".` }] };
  };
  return [
    route('POST /api/graphql', ({ json }) => {
      if (!json) return problem(400, 'A query is missing');
      return { json: Array.isArray(json) ? json.map(resultOf) : resultOf(json) };
    }),
  ];
}
