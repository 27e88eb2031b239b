// "Measure bone / muscle" on the study and series pages of Orthanc Explorer.
(function() {
  'use strict';

  function post(url, done, failed) {
    $.ajax({ url: url, type: 'POST', data: '{}', dataType: 'json', success: done, error: failed });
  }

  function sentence(answer) {
    try {
      var error = JSON.parse(answer.responseText);
      return error.Details || error.Message;
    } catch (e) {
      return 'Orthanc does not answer.';
    }
  }

  function addButton(level, collection) {
    $('#' + level).live('pagebeforecreate', function() {
      var row = $('<li>').attr('data-icon', 'star');
      var button = $('<a>').attr('href', '#').text('Measure bone / muscle');
      var line = $('<p>').css('white-space', 'normal');
      var busy = false;
      row.append(button).insertBefore($('#' + level + '-delete').parent());
      button.append(line);

      function say(text) {
        line.text(text);
      }

      function finish(text) {
        busy = false;
        say(text);
      }

      function follow(base, job) {
        $.ajax({
          url: '../jobs/' + job, dataType: 'json', cache: false,
          error: function(answer) { finish(sentence(answer)); },
          success: function(state) {
            if (state.State === 'Success') {
              finish('Measured. Research use only.');
              window.open(base + '/report.pdf');
              window.location.reload();
            } else if (state.State === 'Failure') {
              finish(state.Content.ErrorDetails || state.ErrorDescription);
            } else {
              say(state.Content.Stage + ' ' + state.Progress + ' %');
              setTimeout(function() { follow(base, job); }, 500);
            }
          }
        });
      }

      button.click(function(event) {
        event.preventDefault();
        if (busy || !$.mobile.pageData) {
          return;
        }
        busy = true;
        say('starting');
        var base = '../' + collection + '/' + $.mobile.pageData.uuid + '/bone-muscle';
        post(base, function(answer) { follow(base, answer.ID); }, function(answer) { finish(sentence(answer)); });
      });
    });
  }

  addButton('study', 'studies');
  addButton('series', 'series');
})();
