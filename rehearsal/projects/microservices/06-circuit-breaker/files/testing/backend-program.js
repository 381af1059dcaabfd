// An instance of a service as a program of its own, so that a test can kill it: prints its port, answers with 200.
import http from 'node:http';

const server = http.createServer((_request, response) => response.end('alive'));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
